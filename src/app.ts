/** The composition root: the only place that knows which store is behind which service. Nothing here listens. */
import { createAccounts, type AccountsService } from './accounts/service.js'
import { createMongoAuditStore } from './audit/mongo-store.js'
import { createAudit, type AuditService } from './audit/service.js'
import { createMongoChangeFeed } from './callers/mongo-store.js'
import { createCallers, type CallersService } from './callers/service.js'
import type { Config } from './config.js'
import { mailPartsOf, relyingPartyOf } from './configured-parts.js'
import { createImport, type ImportService } from './import/service.js'
import { createBackground, type Background } from './kernel/background.js'
import { systemClock, type Clock } from './kernel/clock.js'
import type { Announce } from './kernel/identity-change.js'
import { newId } from './kernel/ids.js'
import { systemRandom } from './kernel/random.js'
import { createMongoKeyStore } from './keys/mongo-store.js'
import { createKeys, type KeysService } from './keys/service.js'
import { createVault } from './keys/vault.js'
import { createMongoLimitStore } from './limits/mongo-store.js'
import { createLimits, defaultLimits, type LimitsService } from './limits/service.js'
import { createLetters } from './mail/letters.js'
import { createNotices } from './mail/notices.js'
import { createMail, type MailService } from './mail/service.js'
import { createClockWatch, type ClockWatch } from './mongo/clock-watch.js'
import { connectDatabase, type Database } from './mongo/connection.js'
import { migratePatiently, missingMigrations } from './mongo/migrations.js'
import { createMongoAuthenticatorStore } from './mfa/mongo-store.js'
import { createMfa, createRowOfCodes, type MfaService } from './mfa/service.js'
import { createMongoOneTimeTokenStore } from './one-time-tokens/mongo-store.js'
import { createOneTimeTokens } from './one-time-tokens/service.js'
import { createMongoOutboxStore } from './outbox/mongo-store.js'
import { createOutbox, type OutboxService } from './outbox/service.js'
import { createMongoDeviceStore } from './risk/mongo-store.js'
import { createRisk, type RiskService } from './risk/service.js'
import { createHasher, type Hasher } from './passwords/hasher.js'
import { createMongoCredentialStore } from './passwords/mongo-store.js'
import { defaultPasswordLimits } from './passwords/password-rules.js'
import { createPasswordReset, type PasswordResetService } from './passwords/reset.js'
import { openScreening, type PasswordScreening } from './passwords/screening.js'
import { createPasswords, type PasswordsService } from './passwords/service.js'
import type { Policy } from './authorization/index.js'
import { servicePolicy } from './service-policy.js'
import { NothingToRunOn, StandaloneDatabase } from './unusable-database.js'
import { createMongoSessionStore } from './sessions/mongo-store.js'
import { createSessions, type SessionsService } from './sessions/service.js'
import { createSignIn, type SignInService } from './sign-in/service.js'
import { createTokens } from './tokens/service.js'
import { createActors } from './users/actors.js'
import { createAdministration, type AdministrationService } from './users/administration.js'
import { createFactorReset, type FactorResetService } from './users/factor-reset.js'
import { createSecondFactorGrace, type SecondFactorGrace } from './users/second-factor-grace.js'
import { createImportedUsers } from './users/imported-users.js'
import { createMongoUserStore } from './users/mongo-store.js'
import { createUsers, type UsersService } from './users/service.js'

export interface App {
  readonly clock: Clock
  readonly policy: Policy
  readonly database: Database
  readonly clockWatch: ClockWatch
  readonly background: Background
  readonly keys: KeysService
  readonly callers: CallersService
  readonly audit: AuditService
  readonly outbox: OutboxService
  readonly mail: MailService
  readonly users: UsersService
  readonly administration: AdministrationService
  readonly factorReset: FactorResetService
  readonly grace: SecondFactorGrace
  readonly mfa: MfaService
  readonly passwords: PasswordsService
  readonly passwordReset: PasswordResetService
  readonly accounts: AccountsService
  readonly risk: RiskService
  readonly sessions: SessionsService
  readonly signIn: SignInService
  readonly imports: ImportService
  readonly hasher: Hasher
  readonly screening: PasswordScreening
  readonly limits: LimitsService
  /** Waits for what still runs, then lets go of the database. */
  close(): Promise<void>
}

export interface AppOptions {
  readonly config: Config
  readonly cores: number
  /** Ours; tests start with one that is wrong. */
  readonly clock?: Clock
  /** Told of what failed behind an answer; nothing is lost by it. */
  readonly onFault: (cause: unknown) => void
  /** Told once of a mail server that takes none, until it does. */
  readonly onOutage: (cause: unknown) => void
  /** Told of each step that takes time. */
  readonly onStep: (step: string) => void
}

/** @throws Unavailable without a database; DomainError for one that cannot be used */
export async function createApp(options: AppOptions): Promise<App> {
  // Before there is a connection: a policy that is wrong is nothing to wait for.
  const policy = servicePolicy(options.config.policyFile)
  const opened = await openDatabase(options)
  try {
    return await composeServices(opened, options, policy)
  } catch (cause) {
    await opened.database.close()
    throw cause
  }
}

interface OpenedDatabase {
  readonly database: Database
  readonly clockWatch: ClockWatch
  readonly keys: KeysService
  readonly clock: Clock
  readonly instanceId: string
}

const shardedAdvice =
  'a sharded cluster: set periodicNoopIntervalSecs to 1 on its members, or every caller is read again every half second'

/** Connects, checks what the database is, brings it up to date, and reads the keys. */
export async function openDatabase({
  config,
  onStep,
  clock = systemClock,
}: Pick<AppOptions, 'config' | 'onStep' | 'clock'>): Promise<OpenedDatabase> {
  if (config.mongodbUri === null || config.secrets.length === 0) throw new NothingToRunOn()
  const instanceId = newId('srv', systemRandom)
  const database = await connectDatabase(config.mongodbUri, clock, { answerWithinMs: config.databaseTimeoutMs })
  try {
    const { topology } = await database.ping()
    if (topology === 'standalone') throw new StandaloneDatabase()
    if (topology === 'sharded cluster') onStep(shardedAdvice)
    const clockWatch = createClockWatch(database, clock)
    await clockWatch.check()
    const keys = createKeys({
      store: database.reporting(createMongoKeyStore(database.connection)),
      vault: createVault(config.secrets, systemRandom),
      clock,
      random: systemRandom,
      algorithm: config.signingKeys.algorithm,
      lifetimes: {
        signsMs: config.signingKeys.lifetimeMs,
        leadMs: config.signingKeys.leadMs,
        // The longest an access token can live, its jitter and the skew of a verifier included.
        tokenMs: config.accessTtlMs * 1.05 + 20_000,
      },
      isClockTrusted: clockWatch.isTrusted,
    })
    const further = [{ number: 3, name: 'first data key', run: () => keys.ensureDataKey() }]
    if ((await missingMigrations(database.connection, further)).length > 0) {
      const how = { holder: instanceId, clock, further, answerWithinMs: config.databaseTimeoutMs }
      const applied = await migratePatiently(config.mongodbUri, how)
      if (applied.length > 0) onStep(`database migrated: ${applied.join(', ')}`)
    }
    await keys.refresh()
    return { database, clockWatch, keys, clock, instanceId }
  } catch (cause) {
    await database.close()
    throw cause
  }
}

async function composeServices(
  { database, clockWatch, keys, clock, instanceId }: OpenedDatabase,
  { config, cores, onFault, onOutage, onStep }: AppOptions,
  policy: Policy,
): Promise<App> {
  const { connection, transact, reporting } = database
  const random = systemRandom
  const background = createBackground(onFault)

  // Services tell of changes before the caller cache exists; it exists before the first of them is asked.
  const listeners: Announce[] = []
  const announce: Announce = (change) => listeners.forEach((listener) => listener(change))

  const sessionStore = reporting(createMongoSessionStore(database, 2 * config.accessTtlMs))
  const userStore = reporting(createMongoUserStore(database))
  const outbox = createOutbox({ store: reporting(createMongoOutboxStore(connection)), clock, random })
  const auditStore = reporting(createMongoAuditStore(connection))
  const deviceStore = reporting(createMongoDeviceStore(connection))
  const tell = createNotices({ outbox })
  const audit = createAudit({ store: auditStore, clock, random, tell })
  const tokens = createTokens({ keys, settings: config, clock, random })
  const firstDataKey = keys.firstDataKey()
  const limits = createLimits({
    store: reporting(createMongoLimitStore(connection)),
    settings: { ...defaultLimits, ...config.rateLimits },
    networkKey: firstDataKey.derive('networks'),
  })
  const identifierKey = firstDataKey.derive('identifiers')
  const users = createUsers({ store: userStore, clock, random, identifierKey, announce })
  const grace = createSecondFactorGrace({ store: userStore, policy, audit, background, clock })
  const sessions = createSessions({
    grace,
    store: sessionStore,
    subjects: userStore,
    tokens,
    keys,
    audit,
    transact,
    announce,
    background,
    clock,
    random,
    leftovers: deviceStore,
    lifetimes: config.refresh,
    trustedNow: clockWatch.trustedNow,
  })
  const actors = createActors({ store: userStore, policy })
  const risk = createRisk({
    store: deviceStore,
    sessions,
    actors,
    audit,
    transact,
    background,
    clock,
    random,
    thresholds: policy.definition.risk ?? {},
  })
  const hasher = await createHasher({
    parameters: config.argon2,
    limits: defaultPasswordLimits,
    room: { concurrency: cores, queueLimit: config.argon2.queue },
    random,
  })
  const screening = await openScreening(config.breachedPasswords, config.publicUrl, { audit, background, clock })
  const codes = createRowOfCodes(limits)
  const passwords = createPasswords({
    store: reporting(createMongoCredentialStore(connection)),
    hasher,
    limits,
    audit,
    background,
    clock,
    rules: defaultPasswordLimits,
    screening,
    changeSecurity: sessions.changeSecurity,
    endSession: sessions.expel,
    codes,
    devices: risk,
  })
  const oneTimeTokens = createOneTimeTokens({
    store: reporting(createMongoOneTimeTokenStore(connection)),
    clock,
    random,
    anybodyKey: () => keys.dataKey().derive('challenges for anybody'),
    outbox,
    mailKey: firstDataKey.derive('links in mails'),
  })
  const mfa = createMfa({
    store: reporting(createMongoAuthenticatorStore(connection)),
    keys,
    users,
    passwords,
    demandsSecondFactor: (user) => policy.secondFactorGraceMs(user) !== null,
    oneTimeTokens,
    limits,
    codes,
    audit,
    changeSecurity: sessions.changeSecurity,
    clock,
    trustedNow: clockWatch.trustedNow,
    random,
    background,
    relyingParty: relyingPartyOf(config),
  })
  const administration = createAdministration({
    store: userStore,
    policy,
    audit,
    factors: mfa,
    devices: risk,
    changeAndEnd: sessions.changeAndEnd,
    announce,
    clock,
  })
  const factorReset = createFactorReset({
    users,
    store: userStore,
    factors: mfa,
    devices: risk,
    passwords,
    audit,
    changeAndEnd: sessions.changeAndEnd,
  })
  const passwordReset = createPasswordReset({
    users,
    passwords,
    oneTimeTokens,
    outbox,
    limits,
    audit,
    factors: mfa,
    codes,
    devices: risk,
    changeAndEnd: sessions.changeAndEnd,
    onFault,
  })
  const accounts = createAccounts({
    users,
    actors,
    passwords,
    mfa,
    risk,
    sessions,
    oneTimeTokens,
    outbox,
    limits,
    audit,
    transact,
    announce,
    clock,
    policy,
    mode: config.signUp,
  })
  const signIn = createSignIn({
    users,
    passwords,
    mfa,
    risk,
    sessions,
    oneTimeTokens,
    limits,
    audit,
    background,
    transact,
    random,
  })
  const mail = createMail({
    ...mailPartsOf(config, onStep),
    writeLetter: createLetters({ users, passwords, sessions, oneTimeTokens, limits, links: config.mail.links }),
    outbox,
    audit,
    onFault,
    onOutage,
  })
  const imports = createImport({
    users: createImportedUsers({ store: userStore, policy, clock, identifierKey }),
    passwords,
    audit,
    clock,
  })
  const callers = createCallers({
    readings: { sessions: sessionStore, users: userStore },
    feed: createMongoChangeFeed(database.vital, instanceId),
    tokens,
    holdingsOf: policy.holdingsOf,
    trustedNow: clockWatch.trustedNow,
    clock,
    instanceId,
    onFault,
  })
  listeners.push(callers.announce)
  return {
    clock,
    policy,
    database,
    clockWatch,
    background,
    keys,
    callers,
    audit,
    outbox,
    mail,
    users,
    administration,
    factorReset,
    grace,
    mfa,
    passwords,
    passwordReset,
    accounts,
    risk,
    sessions,
    signIn,
    imports,
    hasher,
    screening,
    limits,
    async close() {
      await callers.stop()
      await screening.close()
      await background.drained()
      await mail.stop()
      await database.close()
    },
  }
}
