import { createMongoAuditStore } from '../../src/audit/mongo-store.js'
import { createAudit } from '../../src/audit/service.js'
import type { Policy } from '../../src/authorization/index.js'
import { createBackground } from '../../src/kernel/background.js'
import { personOf, type Person } from '../../src/kernel/caller.js'
import { systemClock } from '../../src/kernel/clock.js'
import type { IdentityChange } from '../../src/kernel/identity-change.js'
import { systemRandom } from '../../src/kernel/random.js'
import type { Subject } from '../../src/kernel/subject.js'
import { createMongoDeviceStore } from '../../src/risk/mongo-store.js'
import { createEndings } from '../../src/sessions/ending.js'
import { createMongoSessionStore } from '../../src/sessions/mongo-store.js'
import { createRemoval } from '../../src/sessions/removal.js'
import { createRevokeAll } from '../../src/sessions/revoke-all.js'
import { createChangeAndEnd } from '../../src/sessions/security-change.js'
import { createAdministration } from '../../src/users/administration.js'
import { createMongoAuthenticatorStore } from '../../src/mfa/mongo-store.js'
import { createMongoUserStore } from '../../src/users/mongo-store.js'
import type { UserStore } from '../../src/users/store.js'
import { createUsers } from '../../src/users/service.js'
import { testDatabase } from './database.js'

export type TestAdministration = Awaited<ReturnType<typeof startTestAdministration>>

/** What administers people, on a database of its own and without a server before it: no door, no guards. */
export async function startTestAdministration(policy: Policy) {
  const db = await testDatabase()
  const { connection, transact } = db.database
  const announced: IdentityChange[] = []
  const announce = (change: IdentityChange): void => void announced.push(change)
  const faults: unknown[] = []
  const background = createBackground((cause) => void faults.push(cause))
  const clock = systemClock
  const audit = createAudit({ store: createMongoAuditStore(connection), clock, random: systemRandom })
  const sessionStore = createMongoSessionStore(db.database, 60_000)
  const store = createMongoUserStore(db.database)
  const factors = createMongoAuthenticatorStore(connection)
  const devices = createMongoDeviceStore(connection)
  const endings = createEndings({
    store: sessionStore,
    audit,
    mover: audit.moverFrom(sessionStore),
    removal: createRemoval({
      store: sessionStore,
      mover: audit.moverFrom(sessionStore),
      leftovers: { removeAllOf: async () => undefined },
    }),
    announce,
    background,
    clock,
  })
  const shared = { store: sessionStore, transact, announce, background, sweep: endings.sweep }
  const changeAndEnd = createChangeAndEnd(shared)
  const users = createUsers({ store, clock, random: systemRandom, identifierKey: Buffer.alloc(32, 7), announce })
  let counter = 0

  /** Somebody new, straight from the database. */
  async function register(roles: readonly string[], attributes: Subject['attributes'] = {}): Promise<Subject> {
    const email = `person${(counter += 1)}@example.com`
    const { id } = await transact((tx) => users.register(tx, { email, roles }))
    await transact((tx) => store.setAttributes(tx, id, attributes))
    const user = await users.find(id)
    if (user === null) throw new Error('The user has just been registered')
    return user
  }

  const administrationOn = (store: UserStore) =>
    createAdministration({
      store,
      policy,
      audit,
      factors: {
        async removeAllOf(tx, userId) {
          await factors.removeAllOf(tx, userId)
          return {}
        },
      },
      devices: {
        forgetAll: (tx, userId, securityVersion) => devices.forgetAll(tx, userId, { securityVersion, keep: null }),
      },
      changeAndEnd,
      announce,
      clock,
    })
  return {
    users,
    audit,
    store,
    administration: administrationOn(store),
    /** The same, on a store some of whose readings are others. */
    administrationReading: (readings: Partial<UserStore>) => administrationOn({ ...store, ...readings }),
    revokeAll: createRevokeAll({ store: sessionStore, subjects: store, audit, clock, changeAndEnd }),
    announced,
    faults,
    register,
    /** Everything that goes on behind the answers has been done. */
    settled: () => background.drained(),
    /** How often the collection was read meanwhile. */
    async readsOf(collection: string, work: () => Promise<unknown>): Promise<number> {
      await connection.db?.setProfilingLevel('all')
      await work()
      await connection.db?.setProfilingLevel('off')
      const profile = connection.collection('system.profile')
      return profile.countDocuments({ op: { $in: ['query', 'command'] }, ns: `${connection.name}.${collection}` })
    },
    documents: (collection: string) => connection.collection<{ _id: string }>(collection),
    /** The user as a caller who has just signed in. */
    asPerson: (user: Subject, change: Partial<Person> = {}): Person => ({
      ...personOf({
        user,
        sessionId: `ses_${'0'.repeat(26)}`,
        holdings: policy.holdingsOf(user),
        assurance: 'aal1',
        authenticatedAt: clock.now(),
      }),
      ...change,
    }),
    async close() {
      await background.drained()
      await db.drop()
    },
  }
}
