import { Schema, trusted, type Connection } from 'mongoose'
import type { Assurance, Subject, UserStatus } from '../kernel/subject.js'
import { inTransaction } from '../mongo/connection.js'
import { answerWithinMs } from '../mongo/faults.js'
import { isDuplicateKey } from '../mongo/faults.js'
import type { UserStore } from './store.js'

interface UserDocument {
  _id: string
  displayName: string | null
  email: string
  emailVerified: boolean
  status: UserStatus
  roles: string[]
  attributes: Record<string, unknown>
  createdAt: Date
  securityVersion: number
  enrolledAssurance: Assurance
}

interface IdentifierDocument {
  _id: string
  userId: string
}

const schemaOptions = { strict: 'throw', versionKey: false, autoIndex: false, autoCreate: false } as const

const userSchema = new Schema<UserDocument>(
  {
    _id: String,
    displayName: { type: String, default: null },
    email: { type: String, required: true },
    emailVerified: { type: Boolean, required: true },
    status: { type: String, required: true, enum: ['active', 'suspended'] },
    roles: { type: [String], required: true },
    attributes: { type: Schema.Types.Mixed, required: true },
    createdAt: { type: Date, required: true },
    securityVersion: { type: Number, required: true },
    enrolledAssurance: { type: String, required: true, enum: ['aal1', 'aal2'] },
  },
  // Without `minimize: false` mongoose leaves out `attributes` while they are empty.
  { ...schemaOptions, collection: 'users', minimize: false },
)

const identifierSchema = new Schema<IdentifierDocument>(
  { _id: String, userId: { type: String, required: true } },
  { ...schemaOptions, collection: 'identifiers' },
)

/** Once per connection: mongoose registers the models on it. */
export function createMongoUserStore(connection: Connection): UserStore {
  const users = connection.model<UserDocument>('User', userSchema)
  const identifiers = connection.model<IdentifierDocument>('Identifier', identifierSchema)

  return {
    async insert(tx, user, identifier) {
      try {
        // First, because it is what can be lost: nothing else has been written by then.
        await identifiers.create([{ _id: identifier, userId: user.id }], inTransaction(tx))
      } catch (cause) {
        if (isDuplicateKey(cause)) return 'taken'
        throw cause
      }
      await users.create([documentOf(user)], inTransaction(tx))
      return 'inserted'
    },

    async find(userId, tx) {
      return subjectOf(await users.findById(userId, null, inTransaction(tx)).lean())
    },

    async findMany(userIds) {
      // In one batch: the driver would fetch the rest after the first 101.
      const found = await users
        .find({ _id: trusted({ $in: [...userIds] }) })
        .batchSize(userIds.length + 1)
        .lean()
      const byId = new Map(found.map((document) => [document._id, subjectOf(document)]))
      return userIds.map((id) => byId.get(id) ?? null)
    },

    async findVerdict(userId) {
      const document = await connection.collection<UserDocument>('users').findOne(
        { _id: userId },
        // A primary that was cut off answers majority reads for seconds without knowing; this read waits for its peers.
        { readConcern: { level: 'linearizable' }, readPreference: 'primary', maxTimeMS: answerWithinMs },
      )
      return subjectOf(document)
    },

    async findIdByIdentifier(identifier) {
      const found = await identifiers.findById(identifier).lean()
      return found?.userId ?? null
    },

    async setDisplayName(userId, displayName) {
      return subjectOf(
        await users.findOneAndUpdate({ _id: userId }, { $set: { displayName } }, { returnDocument: 'after' }).lean(),
      )
    },

    async bumpSecurityVersion(tx, userId, expectedVersion) {
      const bumped = await users
        .findOneAndUpdate(
          { _id: userId, securityVersion: expectedVersion, status: 'active' },
          { $inc: { securityVersion: 1 } },
          { returnDocument: 'after', ...inTransaction(tx) },
        )
        .lean()
      return bumped?.securityVersion ?? null
    },

    async isEmpty() {
      return (await users.exists({})) === null
    },
  }
}

function documentOf({ id, roles, ...rest }: Subject): UserDocument {
  return { _id: id, roles: [...roles], ...rest }
}

/** Field by field: a document may carry what a newer version of the service has added. */
function subjectOf(document: UserDocument | null): Subject | null {
  if (document === null) return null
  return {
    id: document._id,
    displayName: document.displayName,
    email: document.email,
    emailVerified: document.emailVerified,
    roles: document.roles,
    attributes: document.attributes,
    status: document.status,
    createdAt: document.createdAt,
    securityVersion: document.securityVersion,
    enrolledAssurance: document.enrolledAssurance,
  }
}
