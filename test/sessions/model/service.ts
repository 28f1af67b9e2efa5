import { createAccounts } from '../../../src/accounts/service.js'
import { createMongoAuditStore } from '../../../src/audit/mongo-store.js'
import { createAudit } from '../../../src/audit/service.js'
import { openDatabase } from '../../../src/app.js'
import { createMongoChangeFeed } from '../../../src/callers/mongo-store.js'
import { createCallers } from '../../../src/callers/service.js'
import { parseConfig } from '../../../src/config.js'
import { createBackground } from '../../../src/kernel/background.js'
import type { Announce } from '../../../src/kernel/identity-change.js'
import { systemRandom } from '../../../src/kernel/random.js'
import { createMongoLimitStore } from '../../../src/limits/mongo-store.js'
import { createLimits, defaultLimits } from '../../../src/limits/service.js'
import { createNotices } from '../../../src/mail/notices.js'
import { createMongoAuthenticatorStore } from '../../../src/mfa/mongo-store.js'
import { createMfa, createRowOfCodes } from '../../../src/mfa/service.js'
import { createMongoOneTimeTokenStore } from '../../../src/one-time-tokens/mongo-store.js'
import { createOneTimeTokens } from '../../../src/one-time-tokens/service.js'
import { createMongoOutboxStore } from '../../../src/outbox/mongo-store.js'
import { createOutbox } from '../../../src/outbox/service.js'
import { createHasher } from '../../../src/passwords/hasher.js'
import { createMongoCredentialStore } from '../../../src/passwords/mongo-store.js'
import { defaultPasswordLimits } from '../../../src/passwords/password-rules.js'
import { openScreening } from '../../../src/passwords/screening.js'
import { createPasswords } from '../../../src/passwords/service.js'
import { defaultPolicy } from '../../../src/policy.js'
import { createMongoDeviceStore } from '../../../src/risk/mongo-store.js'
import { createRisk } from '../../../src/risk/service.js'
import { createMongoSessionStore } from '../../../src/sessions/mongo-store.js'
import { createSessions } from '../../../src/sessions/service.js'
import type { SessionStore } from '../../../src/sessions/store.js'
import { createSignIn } from '../../../src/sign-in/service.js'
import { createTokens } from '../../../src/tokens/service.js'
import { createActors } from '../../../src/users/actors.js'
import { createAdministration } from '../../../src/users/administration.js'
import { createMongoUserStore } from '../../../src/users/mongo-store.js'
import { createSecondFactorGrace } from '../../../src/users/second-factor-grace.js'
import { createUsers } from '../../../src/users/service.js'
import type { UserStore } from '../../../src/users/store.js'
import { testEnvironment } from '../../support/portcullis.js'

/** Where a fault can be planted: between the services and what they stand on. */
export interface Parts {
  readonly sessions: SessionStore
  readonly users: UserStore
  readonly announce: Announce
}

export type Plant = (parts: Parts) => Partial<Parts>

export type SessionModelService = Awaited<ReturnType<typeof startService>>

/** Everything that sessions live and die by, composed as in app.ts and on a real database, with perhaps one part replaced. */
export async function startService(plant: Plant = () => ({})) {
  // A machine may be so busy that a grace of seconds is over before its token comes back.
  const env = testEnvironment({ REFRESH_MIN_AGE: '0ms', REFRESH_GRACE: '5m' })
  const config = parseConfig(env)
  const { database, keys, clock, clockWatch, instanceId } = await openDatabase({ config, onStep: () => undefined })
  const { connection, transact } = database
  const random = systemRandom
  const background = createBackground(() => undefined)
  const listeners: Announce[] = []
  const real: Parts = {
    sessions: createMongoSessionStore(database, 2 * config.accessTtlMs),
    users: createMongoUserStore(database),
    announce: (change) => listeners.forEach((listener) => listener(change)),
  }
  const { sessions: sessionStore, users: userStore, announce } = { ...real, ...plant(real) }
  const outbox = createOutbox({ store: createMongoOutboxStore(connection), clock, random })
  const tell = createNotices({ outbox })
  const audit = createAudit({ store: createMongoAuditStore(connection), clock, random, tell })
  const tokens = createTokens({ keys, settings: config, clock, random })
  const firstKey = keys.firstDataKey()
  const { trustedNow } = clockWatch
  const limits = createLimits({
    store: createMongoLimitStore(connection),
    settings: { ...defaultLimits, ...config.rateLimits },
    networkKey: firstKey.derive('networks'),
  })
  const users = createUsers({
    store: userStore,
    clock,
    random,
    identifierKey: firstKey.derive('identifiers'),
    announce,
  })
  const shared = { audit, transact, announce, background, clock, random, trustedNow }
  const lifetimes = config.refresh
  const grace = createSecondFactorGrace({ ...shared, store: userStore, policy: defaultPolicy })
  const devices = createMongoDeviceStore(connection)
  const kept = { store: sessionStore, subjects: userStore, leftovers: devices }
  const sessions = createSessions({ ...shared, ...kept, tokens, keys, lifetimes, grace })
  const policy = defaultPolicy
  const actors = createActors({ store: userStore, policy })
  const thresholds = policy.definition.risk ?? {}
  const risk = createRisk({ ...shared, store: devices, sessions, actors, thresholds })
  const { changeAndEnd, changeSecurity } = sessions
  const rules = defaultPasswordLimits
  const room = { concurrency: 2, queueLimit: config.argon2.queue }
  const hasher = await createHasher({ parameters: config.argon2, limits: rules, room, random })
  const credentials = createMongoCredentialStore(connection)
  const screening = await openScreening(config.breachedPasswords, config.publicUrl, shared)
  const checks = { hasher, screening, limits, rules }
  const codes = createRowOfCodes(limits)
  const passwords = createPasswords({
    ...shared,
    ...checks,
    store: credentials,
    changeSecurity,
    endSession: sessions.expel,
    codes,
    devices: risk,
  })
  const oneTimeTokens = createOneTimeTokens({
    store: createMongoOneTimeTokenStore(connection),
    clock,
    random,
    outbox,
    mailKey: Buffer.alloc(32),
    anybodyKey: () => keys.dataKey().derive('challenges for anybody'),
  })
  const factors = createMongoAuthenticatorStore(connection)
  const mfa = createMfa({
    ...shared,
    store: factors,
    keys,
    users,
    passwords,
    oneTimeTokens,
    limits,
    codes,
    changeSecurity,
    relyingParty: { id: 'localhost', name: 'test', origins: ['http://localhost'] },
    demandsSecondFactor: () => false,
  })
  const administration = createAdministration({
    ...shared,
    store: userStore,
    policy,
    factors: mfa,
    devices: risk,
    changeAndEnd,
  })
  const parts = { ...shared, users, passwords, mfa, risk, sessions, oneTimeTokens, limits }
  const accounts = createAccounts({ ...parts, actors, policy, outbox, mode: 'open' })
  const signIn = createSignIn(parts)
  const callers = createCallers({
    readings: { sessions: sessionStore, users: userStore },
    feed: createMongoChangeFeed(database.vital, instanceId),
    tokens,
    holdingsOf: policy.holdingsOf,
    trustedNow,
    clock,
    instanceId,
    onFault: () => undefined,
  })
  listeners.push(callers.announce)
  await callers.start()
  return {
    users,
    sessions,
    passwords,
    accounts,
    signIn,
    administration,
    callers,
    async close() {
      await callers.stop()
      await screening.close()
      await background.drained()
      await connection.dropDatabase()
      await database.close()
    },
  }
}
