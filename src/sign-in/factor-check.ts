import type { NewAuditEvent } from '../audit/events.js'
import type { AuditService } from '../audit/service.js'
import type { Background } from '../kernel/background.js'
import { DomainError } from '../kernel/errors.js'
import type { Subject } from '../kernel/subject.js'
import type { Transact, Transaction } from '../kernel/transaction.js'
import { mostInRow, type AttemptSource, type LimitsService } from '../limits/service.js'
import {
  FactorRejected,
  PasskeyRejected,
  secondFactorAccount,
  type CodeProof,
  type FactorProof,
  type MfaService,
  type ProvenFactor,
} from '../mfa/service.js'
import type { OneTimeTokensService } from '../one-time-tokens/service.js'
import type { PasswordsService } from '../passwords/service.js'
import type { UsersService } from '../users/service.js'

/** So many refused codes in a row are no slip of the finger any more: the person is told, and again while it goes on. */
const toldAt = [5, 10, 20, 40, 80]

/** Whoever may be told this has the password or a session: it is no secret from them. */
export class CodesExhausted extends DomainError {
  constructor() {
    super('unauthenticated', 'CODES_EXHAUSTED', 'There were too many wrong codes. Choose a new password first.')
  }
}

export interface FactorCheckDependencies {
  readonly users: Pick<UsersService, 'findAt'>
  readonly mfa: Pick<MfaService, 'verifyCode' | 'verifyPasskey'>
  readonly passwords: Pick<PasswordsService, 'remove'>
  readonly oneTimeTokens: Pick<OneTimeTokensService, 'forget'>
  readonly limits: Pick<LimitsService, 'attemptInRow'>
  readonly audit: Pick<AuditService, 'record'>
  readonly background: Background
  readonly transact: Transact
}

export interface FactorAttempt {
  /** As read before the challenge was looked at. */
  readonly user: Subject
  readonly proof: FactorProof
  /** That the passkey has to have signed. */
  readonly challenge: string
  /** Who waits for it if it is wrong. The row of failures is the person's, wherever they come from. */
  readonly from: Omit<AttemptSource, 'row'>
  /** What the trail has of a wrong one. */
  readonly refusal: Pick<NewAuditEvent, 'name' | 'actorId' | 'facts'>
}

/**
 * A second factor, for whatever it is given. Codes of all kinds are one row of failures for each person, which a right
 * code ends, a new password, and a first factor. A signature cannot be guessed and is none of them, so that no thief with a password keeps
 * its owner from the passkey. Only who knows the password, or holds a token, gets here.
 * @returns what has to be used together with the challenge
 * @throws FactorRejected, PasskeyRejected, CodesExhausted, RateLimited, Unavailable
 */
export type CheckFactor = (attempt: FactorAttempt) => Promise<ProvenFactor>

/**
 * Spends the challenge together with what was proven: of parallel completions one wins, whatever each of them has proven,
 * and whoever is refused still has the code.
 * @param proven null for what can be given any number of times
 * @param rest `also`: what is written with it. `refusal`: what the trail has where somebody was faster with that code,
 *   which is what a code looks like that was phished
 * @throws OneTimeTokenRejected; FactorRejected for a code that was used meanwhile; PasskeyRejected for a copy
 */
export type SpendChallenge = (
  spend: (tx: Transaction) => Promise<void>,
  proven: ProvenFactor | null,
  rest?: { readonly refusal?: NewAuditEvent; readonly also?: (tx: Transaction) => Promise<void> },
) => Promise<void>

export function createSpendChallenge({
  mfa,
  audit,
  background,
  transact,
}: {
  mfa: Pick<MfaService, 'use'>
  audit: Pick<AuditService, 'record'>
  background: Background
  transact: Transact
}): SpendChallenge {
  return async (spend, proven, { refusal, also } = {}) => {
    const used = transact(async (tx) => {
      await spend(tx)
      // Committed all the same: the challenge is spent, and the trail has it.
      if (proven !== null && !(await mfa.use(tx, proven))) return true
      await also?.(tx)
      return false
    })
    const isCopy = await used.catch((cause: unknown) => {
      if (cause instanceof FactorRejected && refusal !== undefined) background.run(() => audit.record(refusal))
      throw cause
    })
    if (isCopy) throw new PasskeyRejected()
  }
}

export function createFactorCheck(deps: FactorCheckDependencies): CheckFactor {
  const { users, mfa, passwords, oneTimeTokens, limits, audit, background, transact } = deps

  /** The challenges of that password go with it. Sessions stay, so that nobody is put out by a stranger. */
  function voidPassword({ id: userId, securityVersion }: Subject): Promise<void> {
    const event = { name: 'password.voided', actorId: null, subjectId: userId, outcome: 'success', facts: {} } as const
    return transact(async (tx) => {
      // A password that was set meanwhile is another one. It would be written to the document that goes here.
      if ((await users.findAt(userId, securityVersion, tx)) === null) return
      await oneTimeTokens.forget(tx, userId, ['second-factor'])
      if (await passwords.remove(tx, userId)) await audit.record(event, tx)
    })
  }

  async function checkPasskey({ user, challenge, refusal }: FactorAttempt, credential: unknown): Promise<ProvenFactor> {
    const proof = await mfa.verifyPasskey({ userId: user.id, credential, isNamed: true }, challenge)
    if (!('fault' in proof)) return proof
    const facts = { ...refusal.facts, fault: proof.fault }
    background.run(() => audit.record({ ...refusal, facts, subjectId: user.id, outcome: 'refused' }))
    throw new PasskeyRejected()
  }

  async function checkCode({ user, from, refusal }: FactorAttempt, proof: CodeProof): Promise<ProvenFactor> {
    let nth = 0
    const proven = await limits.attemptInRow({ ...from, row: secondFactorAccount(user.id) }, async (inRow) => {
      nth = inRow
      return inRow > mostInRow ? null : mfa.verifyCode(user.id, proof)
    })
    if (proven !== null) return proven
    // Not only the one that is the hundredth: who was to void it may have died before it did.
    if (nth >= mostInRow) await voidPassword(user)
    const event = { ...refusal, subjectId: user.id, outcome: 'refused' } as const
    background.run(() => audit.record(event))
    if (toldAt.includes(nth)) {
      background.run(() => audit.record({ ...event, name: 'second-factor.attacked', outcome: 'success' }))
    }
    throw nth > mostInRow ? new CodesExhausted() : new FactorRejected()
  }

  return async (attempt) => {
    const { proof } = attempt
    return proof.kind === 'passkey' ? checkPasskey(attempt, proof.credential) : checkCode(attempt, proof)
  }
}
