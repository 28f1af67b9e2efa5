import type { AuditService } from '../audit/service.js'
import type { Background } from '../kernel/background.js'
import type { Clock } from '../kernel/clock.js'
import type { Person } from '../kernel/caller.js'
import { DomainError, Unavailable } from '../kernel/errors.js'
import { newId } from '../kernel/ids.js'
import type { Random } from '../kernel/random.js'
import { openSeal, seal } from '../kernel/seal.js'
import type { Transaction } from '../kernel/transaction.js'
import type { DataKey } from '../keys/service.js'
import type { LimitsService } from '../limits/service.js'
import type { OneTimeToken, OneTimeTokensService } from '../one-time-tokens/service.js'
import type { SessionsService } from '../sessions/service.js'
import { enrolmentRefusal } from './enrolment-refusal.js'
import { FactorRejected, TooManyAuthenticators, type ProvenFactor } from './factors.js'
import type { RelyingParty } from './relying-party.js'
import type { RowOfCodes } from './row-of-codes.js'
import type { AuthenticatorStore } from './store.js'
import { totpLabel, totpSecretBytes, totpStep } from './totp.js'

export interface TotpEnrolment {
  /** Base32, for those who type it. */
  readonly secret: string
  /** `otpauth://totp/…` */
  readonly uri: string
}

/** Not begun in this session, too long ago, or confirmed already. */
export class NothingToConfirm extends DomainError {
  constructor() {
    super('conflict', 'NOTHING_TO_CONFIRM', 'There is no authenticator app to confirm. Set one up first.')
  }
}

export interface TotpDependencies {
  readonly store: AuthenticatorStore
  /** After a change of what is enrolled. */
  readonly settle: (tx: Transaction, userId: string) => Promise<unknown>
  readonly replaceRecoveryCodes: (tx: Transaction, userId: string) => Promise<readonly string[]>
  readonly keys: { dataKey(): DataKey; dataKeyById(id: string): DataKey | null }
  readonly oneTimeTokens: OneTimeTokensService
  readonly limits: LimitsService
  readonly codes: RowOfCodes
  readonly audit: Pick<AuditService, 'record'>
  readonly background: Background
  readonly changeSecurity: SessionsService['changeSecurity']
  readonly clock: Clock
  readonly trustedNow: () => Date
  readonly random: Random
  readonly relyingParty: RelyingParty
}

/** Enough for every device somebody has; each more is one more to try a code against. */
const mostApps = 5

/**
 * Enrolment of authenticator apps, and whether a code is of one of them.
 * @param allow throws unless this person may change factors by a proof that is fresh
 */
export function createTotpApps(deps: TotpDependencies, allow: (person: Person) => void) {
  const { store, settle, replaceRecoveryCodes, keys, oneTimeTokens, limits, codes, changeSecurity } = deps
  const { audit, background, clock, trustedNow, random, relyingParty } = deps

  /** Null without the key that sealed it: then nobody can prove anything by it until the key is back. */
  function open({ userId, sealedSecret, keyId }: Sealed): Buffer | null {
    const key = keys.dataKeyById(keyId)?.derive(purpose)
    return key === undefined ? null : openSeal(sealedSecret, key, userId)
  }

  /** Null for a code that was used, too, and for one that is older than the last that was. */
  async function verify(userId: string, code: string): Promise<ProvenFactor | null> {
    // By a clock that is not to be trusted no code is right or wrong.
    const now = trustedNow()
    const apps = (await store.listOf(userId)).filter((each) => each.kind === 'totp')
    const opened = apps.flatMap((app) => {
      const secret = open(app)
      return secret === null ? [] : [{ ...app, secret }]
    })
    for (const { id, secret, lastStep } of opened) {
      const step = totpStep(secret, code, now)
      if (step !== null && step > lastStep) return { kind: 'totp', userId, authenticatorId: id, step }
    }
    if (apps.length > 0 && opened.length === 0) throw new Unavailable(doesNotOpen)
    return null
  }

  async function beginTotp(person: Person): Promise<TotpEnrolment> {
    const { userId, sessionId, user } = person
    allow(person)
    const apps = (await store.listOf(userId)).filter((each) => each.kind === 'totp')
    if (apps.length >= mostApps) throw new TooManyAuthenticators()
    const secret = random(totpSecretBytes)
    const key = keys.dataKey()
    const sealedSecret = seal(secret, key.derive(purpose), userId, random)
    const { securityVersion } = user
    await oneTimeTokens.issue({
      purpose: 'totp-enrolment',
      subject: userId,
      securityVersion,
      payload: { sessionId, sealedSecret, keyId: key.id },
    })
    return totpLabel(secret, relyingParty.name, user.email)
  }

  /** What this session has begun, if nothing about the account has changed since. */
  async function pendingOf({ userId, sessionId, user }: Person): Promise<{ token: OneTimeToken; sealed: Sealed }> {
    const token = await oneTimeTokens.findLatest('totp-enrolment', userId)
    if (token === null || token.securityVersion !== user.securityVersion) throw new NothingToConfirm()
    const { sealedSecret, keyId, ...begun } = token.payload
    if (begun['sessionId'] !== sessionId) throw new NothingToConfirm()
    if (typeof sealedSecret !== 'string' || typeof keyId !== 'string') throw new NothingToConfirm()
    return { token, sealed: { userId, sealedSecret, keyId } }
  }

  async function confirmTotp(person: Person, code: string): Promise<readonly string[]> {
    const { userId } = person
    allow(person)
    const { token, sealed } = await pendingOf(person)
    const secret = open(sealed)
    if (secret === null) throw new Unavailable(doesNotOpen)
    // Of a secret that only this session knows; counted all the same, so that no code is ever guessed.
    const step = await limits.attempt({ account: `enrolment:${token.digest}`, ip: null }, async () =>
      totpStep(secret, code, trustedNow()),
    )
    if (step === null) {
      background.run(() => audit.record(enrolmentRefusal(person, { kind: 'totp' })))
      throw new FactorRejected()
    }
    const [id, isFirst] = [newId('aut', random), person.user.enrolledAssurance === 'aal1']
    if (isFirst) await codes.beginRow(userId)
    return changeSecurity(person, {
      keep: person.sessionId,
      reason: 'factors-changed',
      event: {
        name: 'authenticator.enrolled',
        facts: { kind: 'totp', authenticatorId: id, sessionId: person.sessionId, isFirst },
      },
      async work(tx) {
        await oneTimeTokens.spend(tx, token)
        const apps = (await store.listOf(userId, tx)).filter((each) => each.kind === 'totp')
        if (apps.length >= mostApps) throw new TooManyAuthenticators()
        const { sealedSecret, keyId } = sealed
        const now = clock.now()
        // The code that has confirmed it is used: whoever looked over the shoulder has nothing.
        const used = { createdAt: now, lastUsedAt: now, lastStep: step }
        await store.insert(tx, { id, userId, kind: 'totp', name: 'Authenticator app', sealedSecret, keyId, ...used })
        const codes = await replaceRecoveryCodes(tx, userId)
        await settle(tx, userId)
        return codes
      },
    })
  }

  return { begin: beginTotp, confirm: confirmTotp, verify }
}

interface Sealed {
  readonly userId: string
  readonly sealedSecret: string
  readonly keyId: string
}

const doesNotOpen = new Error('The secret of an authenticator app does not open')

/** What the data key is derived for. */
const purpose = 'totp secrets'
