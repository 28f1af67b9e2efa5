/**
 * Owns the devices that people are known by, and what a sign-in from somewhere else means: a score with its reasons, and
 * what the policy makes of it. Does not own whether a proof is right (passwords, mfa), how often one may try (limits),
 * nor what a person is told (mail).
 */
import type { AuditService } from '../audit/service.js'
import type { Background } from '../kernel/background.js'
import type { Caller, Person } from '../kernel/caller.js'
import type { Clock } from '../kernel/clock.js'
import { digestOf } from '../kernel/digest.js'
import { NotFound } from '../kernel/errors.js'
import { isId, newId } from '../kernel/ids.js'
import type { Random } from '../kernel/random.js'
import type { Subject } from '../kernel/subject.js'
import type { Transact, Transaction } from '../kernel/transaction.js'
import { mostInRow } from '../limits/service.js'
import type { Device, NewSession, SessionsService, SignedInSession, TokenDelivery } from '../sessions/service.js'
import type { ActorsService } from '../users/service.js'
import { newDeviceToken } from './device-token.js'
import { riskVerdict, type RiskThresholds, type RiskVerdict } from './risk-score.js'
import { mostDevices, spareDevices } from './spare-devices.js'
import type { DeviceRecord, DeviceStore, KnownDevice } from './store.js'

/** What is known of somebody's devices, and the one among them that is at the door. */
export interface Recognition extends Omit<DeviceRecord, 'strangersSince'> {
  readonly userId: string
  /** With the token that it was known by; null for a stranger's. */
  readonly known: { readonly id: string; readonly token: string } | null
}

/** What only the first half of a sign-in knows. */
export interface Circumstances {
  /** Wrong passwords in a row before the right one, from devices that are not known. */
  readonly failures: number
  readonly isBreached: boolean
}

/** Where and how a new session will be used. */
export interface Arrival {
  readonly ip: string
  readonly device: Device
  /** As they were presented: of the person, of others, of nobody. */
  readonly deviceTokens: readonly string[]
  readonly delivery: TokenDelivery
}

/** A session that is to begin, on a device that may be known. */
export interface SignInOnDevice extends Omit<NewSession, 'device' | 'facts'> {
  readonly device: Device
}

export interface SignedInOnDevice extends SignedInSession {
  /** What the device is known by from now on: the token that it has shown, or a new one. */
  readonly deviceToken: { readonly plaintext: string; readonly isNew: boolean }
}

export interface RiskService {
  /** Which of the tokens is one of this person's; for somebody who does not exist, in as much work, none. @throws Unavailable */
  recognise(userId: string, tokens: readonly string[], tx?: Transaction): Promise<Recognition>
  /** What a right password from there means. */
  assess(recognition: Recognition, device: Device, circumstances: Circumstances): RiskVerdict
  /** What it means once a second factor or a passkey was given, too: nobody is refused who has it. */
  assessProven(recognition: Recognition, device: Device, circumstances: Circumstances): RiskVerdict
  /**
   * Starts the session of somebody whose proof is complete, and makes its device a known one. A token that was never
   * given to this person is not adopted: whoever has planted it would be known by it.
   * @param verdict null where an account has just begun
   */
  start(
    signIn: SignInOnDevice,
    found: { readonly recognition: Recognition | null; readonly verdict: RiskVerdict | null },
    tx?: Transaction,
  ): Promise<SignedInOnDevice>
  /** Too many wrong passwords in a row: from devices that are not known the password is none, until there is another. */
  isStopped(recognition: Recognition): boolean
  /** For the device that is known, or for all others of the person together. */
  countFailure(recognition: Recognition): Promise<void>
  /** The password was right. */
  forgetStrangerFailures(recognition: Recognition): Promise<void>
  /** @throws NotFound unless they are the caller's or it may read all */
  list(caller: Caller, owner: Subject): Promise<readonly KnownDevice[]>
  /**
   * Its sessions go on; it is a stranger's at its next sign-in.
   * @throws Forbidden; NotFound for absent and foreign ones; ChangedMeanwhile
   */
  forget(person: Person, id: string): Promise<void>
  /** For whom they are, the caller of this decides. */
  listKept(userId: string): Promise<readonly KnownDevice[]>
  /** Part of a change that raises the security version, to this one. */
  forgetAll(tx: Transaction, userId: string, securityVersion: number): Promise<void>
  /** Those but the one of the person's session. Part of a change that raises the person's security version by one. */
  forgetOthers(tx: Transaction, person: Person): Promise<void>
  /** All of somebody who goes. */
  removeAllOf(tx: Transaction, userId: string): Promise<void>
}

export interface RiskDependencies {
  readonly store: DeviceStore
  readonly sessions: Pick<SessionsService, 'start' | 'findMany'>
  readonly actors: Pick<ActorsService, 'confirm'>
  readonly audit: Pick<AuditService, 'record'>
  readonly transact: Transact
  readonly background: Background
  readonly clock: Clock
  readonly random: Random
  readonly thresholds: RiskThresholds
}

/** Those of strangers are forgotten so long after the first of them, as wrong codes are. */
const strangerMemoryMs = 30 * 86_400_000

export function createRisk(deps: RiskDependencies): RiskService {
  const { store, sessions, actors, audit, transact, background, clock, random, thresholds } = deps
  const { refuse: _never, ...thresholdsOnceProven } = thresholds
  const memoryBegins = () => new Date(clock.now().getTime() - strangerMemoryMs)

  function keptOf(devices: readonly KnownDevice[]): readonly KnownDevice[] {
    const spare = new Set(spareDevices(devices))
    return devices.filter((device) => !spare.has(device))
  }

  function verdictBy(
    { known, devices }: Recognition,
    facts: Circumstances & { readonly arriving: Device },
    by: RiskThresholds,
  ): RiskVerdict {
    return riskVerdict({ ...facts, isKnown: known !== null, devices }, clock.now(), by)
  }

  /** The device of a new session, and the token it goes on with. One that was forgotten meanwhile is a new one. */
  async function writeDevice({ user, device }: SignInOnDevice, recognition: Recognition | null, tx?: Transaction) {
    const at = clock.now()
    const known = recognition?.known ?? null
    if (known !== null && (await store.touch(known.id, { ...device, lastUsedAt: at }, tx))) {
      return { id: known.id, isKnown: true, deviceToken: { plaintext: known.token, isNew: false } }
    }
    const { plaintext, digest } = newDeviceToken(random)
    const id = newId('dev', random)
    const { securityVersion } = user
    const times = { createdAt: at, lastUsedAt: at }
    await store.insert({ ...device, ...times, id, userId: user.id, digest, securityVersion, failures: 0 }, tx)
    const spare = spareDevices(recognition?.devices ?? [], mostDevices - 1).map((each) => each.id)
    if (spare.length > 0) background.run(() => store.removeMany(user.id, spare))
    return { id, isKnown: false, deviceToken: { plaintext, isNew: true } }
  }

  /** Whoever has guessed so often there has stolen the device with its token: it is a stranger's from then on. */
  async function distrust(userId: string, deviceId: string): Promise<void> {
    const distrusted = { name: 'device.distrusted', actorId: null, subjectId: userId, outcome: 'success' } as const
    await transact(async (tx) => {
      if (await store.remove(tx, userId, deviceId)) await audit.record({ ...distrusted, facts: { deviceId } }, tx)
    })
  }

  return {
    async recognise(userId, tokens, tx) {
      const { devices, strangersSince, ...record } = await store.find(userId, tx)
      const isRemembered = strangersSince !== null && strangersSince > memoryBegins()
      const strangerFailures = isRemembered ? record.strangerFailures : 0
      const byDigest = new Map(tokens.map((token) => [digestOf(token), token]))
      const device = keptOf(devices).find(({ digest }) => byDigest.has(digest))
      const known = device && { id: device.id, token: byDigest.get(device.digest) ?? '' }
      return { devices, strangerFailures, userId, known: known ?? null }
    },

    assess: (recognition, arriving, circumstances) =>
      verdictBy(recognition, { ...circumstances, arriving }, thresholds),
    assessProven: (recognition, arriving, circumstances) =>
      verdictBy(recognition, { ...circumstances, arriving }, thresholdsOnceProven),

    async start(signIn, { recognition, verdict }, tx) {
      const { device, ...session } = signIn
      // Before the session: one that lives has a device that can be forgotten.
      const { id, isKnown, deviceToken } = await writeDevice(signIn, recognition, tx)
      const facts = { deviceId: id, ...(verdict === null ? {} : factsOf(verdict, session.assurance)) }
      const started = await sessions.start({ ...session, device: { ...device, id, isKnown }, facts }, tx)
      return { ...started, deviceToken }
    },

    isStopped: ({ known, strangerFailures }) => known === null && strangerFailures >= mostInRow,

    async countFailure({ known, userId }) {
      if (known !== null) {
        if ((await store.countFailure(known.id)) >= mostInRow) await distrust(userId, known.id)
        return
      }
      const counted = await store.countStrangerFailure(userId, { now: clock.now(), since: memoryBegins() })
      if (counted === mostInRow) await audit.record({ ...stopped, subjectId: userId })
    },

    async forgetStrangerFailures({ known, userId, strangerFailures }) {
      if (known === null && strangerFailures > 0) await store.forgetStrangerFailures(userId, strangerFailures)
    },

    async list(caller, owner) {
      if (!caller.can('device:read', { userId: owner.id })) throw new NotFound()
      return keptOf((await store.find(owner.id)).devices)
    },

    async forget(person, id) {
      const { userId, sessionId, user } = person
      person.require('device:forget', { userId })
      if (!isId('dev', id)) throw new NotFound()
      const forgotten = { name: 'device.forgotten', actorId: userId, subjectId: userId, outcome: 'success' } as const
      await transact(async (tx) => {
        await actors.confirm(tx, user)
        if (!(await store.remove(tx, userId, id))) throw new NotFound()
        await audit.record({ ...forgotten, facts: { deviceId: id, sessionId } }, tx)
      })
    },

    listKept: async (userId) => (await store.find(userId)).devices,

    forgetAll: (tx, userId, securityVersion) => store.forgetAll(tx, userId, { securityVersion, keep: null }),

    async forgetOthers(tx, { userId, sessionId, user }) {
      const [session] = await sessions.findMany([sessionId])
      await store.forgetAll(tx, userId, {
        securityVersion: user.securityVersion + 1,
        keep: session?.device.id ?? null,
      })
    },

    removeAllOf: (tx, userId) => store.removeAllOf(userId, tx),
  }
}

const stopped = { name: 'password.stopped', actorId: null, outcome: 'success', facts: {} } as const

/** For the trail. A second factor that was called for and that the person does not have is seen there. */
export function factsOf({ score, reasons, outcome }: RiskVerdict, assurance: 'aal1' | 'aal2' | null) {
  const facts = { riskScore: score, riskReasons: reasons.join(' '), riskOutcome: outcome }
  return outcome === 'second-factor' && assurance !== null
    ? { ...facts, secondFactor: assurance === 'aal2' ? 'proven' : 'missing' }
    : facts
}

export { deviceTokensIn, joinedTokens } from './device-token.js'
export { scoreAfterReset, type RiskThresholds, type RiskVerdict } from './risk-score.js'
export type { KnownDevice } from './store.js'
