import { Schema, trusted, type UpdateQuery } from 'mongoose'
import { assuranceOf, type Assurance, type EnrolledFactor, type Subject } from '../kernel/subject.js'
import type { Suspension, UserStatus } from '../kernel/subject.js'
import type { Transaction } from '../kernel/transaction.js'
import { inTransaction, type Database } from '../mongo/connection.js'
import { duplicatesAmong, isDuplicateKey } from '../mongo/faults.js'
import { olderThan } from '../mongo/page-filter.js'
import { reachFilter } from '../mongo/reach-filter.js'
import type { UserSelection, UserStore } from './store.js'

interface UserDocument {
  _id: string
  displayName: string | null
  email: string
  emailVerified: boolean
  language?: string | null
  status: UserStatus
  suspension?: Suspension | null
  roles: string[]
  attributes: Record<string, unknown>
  createdAt: Date
  securityVersion: number
  enrolledAssurance: Assurance
  enrolledFactors?: EnrolledFactor[]
  secondFactorDueAt?: Date
  /** Raised by what the user does to others, so that the first write is one even where nothing else changes. */
  actCount?: number
}

/** What transactions write to exclude each other. The migration makes them: an upsert in a transaction may fail. */
interface GuardDocument {
  _id: 'administrators'
  claims: number
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
    language: String,
    status: { type: String, required: true, enum: ['active', 'suspended'] },
    suspension: new Schema<Suspension>(
      { at: { type: Date, required: true }, reason: { type: String, default: null } },
      { _id: false },
    ),
    roles: { type: [String], required: true },
    attributes: { type: Schema.Types.Mixed, required: true },
    createdAt: { type: Date, required: true },
    securityVersion: { type: Number, required: true },
    enrolledAssurance: { type: String, required: true, enum: ['aal1', 'aal2'] },
    enrolledFactors: { type: [String], default: undefined },
    secondFactorDueAt: Date,
    actCount: Number,
  },
  // Without `minimize: false` mongoose leaves out `attributes` while they are empty. A filter on a path that is not here
  // must fail: dropped without a word, it would find everybody.
  { ...schemaOptions, strictQuery: 'throw', collection: 'users', minimize: false },
)

const guardSchema = new Schema<GuardDocument>(
  { _id: String, claims: { type: Number, required: true } },
  { ...schemaOptions, collection: 'guards' },
)

const identifierSchema = new Schema<IdentifierDocument>(
  { _id: String, userId: { type: String, required: true } },
  { ...schemaOptions, collection: 'identifiers' },
)

/** Once per connection: mongoose registers the models on it. */
export function createMongoUserStore({
  connection,
  answerWithinMs,
}: Pick<Database, 'connection' | 'answerWithinMs'>): UserStore {
  const users = connection.model<UserDocument>('User', userSchema)
  const identifiers = connection.model<IdentifierDocument>('Identifier', identifierSchema)
  const guards = connection.model<GuardDocument>('Guard', guardSchema)
  const change = async (tx: Transaction, filter: UserFilter, update: UpdateQuery<UserDocument>) =>
    subjectOf(await users.findOneAndUpdate(filter, update, { returnDocument: 'after', ...inTransaction(tx) }).lean())
  const findOwners = async (wanted: readonly string[]): Promise<ReadonlyMap<string, string>> => {
    if (wanted.length === 0) return new Map()
    const found = await identifiers
      .find({ _id: trusted({ $in: [...wanted] }) })
      .batchSize(wanted.length + 1)
      .lean()
    return new Map(found.map(({ _id, userId }) => [_id, userId]))
  }

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

    async list(selection, { first, after }) {
      const found = await users
        .find({ $and: [filterOf(selection), olderThan(after)] })
        .sort({ createdAt: -1, _id: -1 })
        .limit(first + 1)
        .lean()
      return found.flatMap((document) => subjectOf(document) ?? [])
    },

    async count(selection) {
      return users.countDocuments(filterOf(selection))
    },

    async changeEmail(tx, userId, { from, to, email }) {
      try {
        // First, because it is what can be lost: nothing else has been written by then.
        await identifiers.create([{ _id: to, userId }], inTransaction(tx))
      } catch (cause) {
        if (isDuplicateKey(cause)) return 'taken'
        throw cause
      }
      await identifiers.deleteOne({ _id: from, userId }, inTransaction(tx))
      await users.updateOne({ _id: userId }, { $set: { email, emailVerified: true } }, inTransaction(tx))
      return 'changed'
    },

    async markEmailVerified(tx, userId) {
      const { matchedCount } = await users.updateOne(
        { _id: userId, status: 'active' },
        { $set: { emailVerified: true } },
        inTransaction(tx),
      )
      return matchedCount === 1
    },

    async setEnrolledFactors(tx, userId, factors) {
      await users.updateOne({ _id: userId }, enrolling(factors), inTransaction(tx))
    },

    async beginGrace(userId, dueAt, tx) {
      const filter = { _id: userId, enrolledAssurance: 'aal1' } as const
      const options = { returnDocument: 'before', ...inTransaction(tx) } as const
      const user = await users.findOneAndUpdate(filter, { $min: { secondFactorDueAt: dueAt } }, options).lean()
      if (user === null) return null
      const { secondFactorDueAt: before = null } = user
      return { dueAt: before !== null && before < dueAt ? before : dueAt, hasBegun: before === null }
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

    async confirmActor(tx, { id, securityVersion, roles, attributes }) {
      const { matchedCount } = await users.updateOne(
        { _id: id, status: 'active', securityVersion, roles: [...roles], attributes },
        { $inc: { actCount: 1 } },
        inTransaction(tx),
      )
      return matchedCount === 1
    },

    async claimAdministrators(tx) {
      const { matchedCount } = await guards.updateOne(
        { _id: 'administrators' },
        { $inc: { claims: 1 } },
        inTransaction(tx),
      )
      if (matchedCount === 0)
        throw new Error('The guard of the administrators is missing: the database is not migrated')
    },

    async hasActiveWithRole(tx, roles) {
      const found = await users
        .exists({ status: 'active', roles: trusted({ $in: [...roles] }) })
        .setOptions(inTransaction(tx))
      return found !== null
    },

    setRoles: (tx, userId, roles) => change(tx, { _id: userId }, { $set: { roles: [...roles] } }),

    setAttributes: (tx, userId, attributes) => change(tx, { _id: userId }, { $set: { attributes } }),

    suspend: (tx, userId, suspension) =>
      change(
        tx,
        { _id: userId, status: 'active' },
        { $set: { status: 'suspended', suspension }, $inc: { securityVersion: 1 } },
      ),

    forgetFactors: (tx, userId) =>
      change(tx, { _id: userId }, { ...enrolling([]), $unset: { secondFactorDueAt: 1 }, $inc: { securityVersion: 1 } }),

    reinstate: (tx, userId) =>
      change(tx, { _id: userId, status: 'suspended' }, { $set: { status: 'active' }, $unset: { suspension: 1 } }),

    async remove(tx, userId, securityVersion) {
      const { deletedCount } = await users.deleteOne(
        { _id: userId, status: 'active', securityVersion },
        inTransaction(tx),
      )
      if (deletedCount === 0) return false
      await identifiers.deleteMany({ userId }, inTransaction(tx))
      return true
    },

    async isEmpty() {
      return (await users.exists({})) === null
    },

    findOwners,

    async findExisting(userIds) {
      const found = await users
        .find({ _id: trusted({ $in: [...userIds] }) }, { _id: 1 })
        .batchSize(userIds.length + 1)
        .lean()
      return new Set(found.map(({ _id }) => _id))
    },

    async claimIdentifiers(claims) {
      if (claims.length === 0) return new Set()
      const documents = claims.map(({ identifier, userId }) => ({ _id: identifier, userId }))
      const there = await duplicatesAmong(documents, () =>
        // The driver's own collection: mongoose would make a document of each, at several times the cost.
        connection.collection<IdentifierDocument>('identifiers').insertMany(documents, { ordered: false }),
      )
      const owners = await findOwners(there.map(({ _id }) => _id))
      return new Set(there.filter(({ _id, userId }) => owners.get(_id) !== userId).map(({ _id }) => _id))
    },

    async insertImported(imported) {
      if (imported.length === 0) return 0
      const documents = imported.map(documentOf)
      const there = await duplicatesAmong(documents, () =>
        connection.collection<UserDocument>('users').insertMany(documents, { ordered: false }),
      )
      return documents.length - there.length
    },
  }
}

type UserFilter = { readonly _id: string; readonly status?: UserStatus }

/** By the names that conditions of the policy use. */
const pathsByProperty: Readonly<Record<string, string>> = {
  userId: '_id',
  status: 'status',
  emailVerified: 'emailVerified',
  enrolledAssurance: 'enrolledAssurance',
}
const attributeProperty = /^attributes\.[a-z][A-Za-z0-9]{0,63}$/

function pathsOf(property: string): readonly string[] {
  const path = Object.hasOwn(pathsByProperty, property) ? pathsByProperty[property] : undefined
  if (path !== undefined) return [path]
  return attributeProperty.test(property) ? [property] : []
}

function filterOf({ reach, ids, status, role, createdFrom, createdUntil }: UserSelection) {
  return {
    $and: [
      reachFilter(reach, pathsOf),
      ids === null ? {} : { _id: trusted({ $in: [...ids] }) },
      status === null ? {} : { status },
      role === null ? {} : { roles: role },
      createdFrom === null ? {} : { createdAt: trusted({ $gte: createdFrom }) },
      createdUntil === null ? {} : { createdAt: trusted({ $lt: createdUntil }) },
    ],
  }
}

function documentOf({ id, roles, enrolledFactors = [], ...rest }: Subject): UserDocument {
  return {
    _id: id,
    roles: [...roles],
    enrolledAssurance: assuranceOf(enrolledFactors),
    ...rest,
    enrolledFactors: [...enrolledFactors],
  }
}

/** The time that has begun stays: whoever takes a factor away by themselves must not begin anew by that. */
function enrolling(factors: readonly EnrolledFactor[]) {
  return { $set: { enrolledAssurance: assuranceOf(factors), enrolledFactors: [...factors] } }
}

/** An older instance beside this one writes the assurance alone, and knows of these two. */
function factorsOf({ enrolledAssurance, enrolledFactors = [] }: UserDocument): readonly EnrolledFactor[] {
  if (enrolledAssurance === 'aal1') return []
  return enrolledFactors.length === 0 ? ['totp', 'recovery-code'] : enrolledFactors
}

/** Field by field: a document may carry what a newer version of the service has added. */
function subjectOf(document: UserDocument | null): Subject | null {
  if (document === null) return null
  return {
    id: document._id,
    displayName: document.displayName,
    email: document.email,
    emailVerified: document.emailVerified,
    ...(document.language ? { language: document.language } : {}),
    roles: document.roles,
    attributes: document.attributes,
    status: document.status,
    ...(document.suspension ? { suspension: suspensionOf(document.suspension) } : {}),
    createdAt: document.createdAt,
    securityVersion: document.securityVersion,
    enrolledAssurance: document.enrolledAssurance,
    enrolledFactors: factorsOf(document),
    ...(document.secondFactorDueAt ? { secondFactorDueAt: document.secondFactorDueAt } : {}),
  }
}

function suspensionOf({ at, reason }: Suspension): Suspension {
  return { at, reason }
}
