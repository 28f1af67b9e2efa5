import type { NewAuditEvent } from '../audit/events.js'
import type { AuditService } from '../audit/service.js'
import type { Background } from '../kernel/background.js'
import { DomainError } from '../kernel/errors.js'
import type { Subject } from '../kernel/subject.js'
import type { Transact } from '../kernel/transaction.js'
import type { LimitsService } from '../limits/service.js'
import { FactorRejected, secondFactorAccount, type FactorProof, type MfaService } from '../mfa/service.js'
import type { OneTimeTokensService } from '../one-time-tokens/service.js'
import type { PasswordsService } from '../passwords/service.js'
import type { UsersService } from '../users/service.js'

/** So many refused codes in a row are no slip of the finger any more: the person is told, once. */
const toldAt = 5
/** NIST SP 800-63B-4 §3.2.2: no more than 100 failures in a row. */
const mostInRow = 100

/** Whoever may be told this has the password or a session: it is no secret from them. */
export class CodesExhausted extends DomainError {
  constructor() {
    super('unauthenticated', 'CODES_EXHAUSTED', 'There were too many wrong codes. Choose a new password first.')
  }
}

export interface CodeCheckDependencies {
  readonly users: Pick<UsersService, 'findAt'>
  readonly mfa: Pick<MfaService, 'prove'>
  readonly passwords: Pick<PasswordsService, 'remove'>
  readonly oneTimeTokens: Pick<OneTimeTokensService, 'forget'>
  readonly limits: Pick<LimitsService, 'attemptInRow'>
  readonly audit: Pick<AuditService, 'record'>
  readonly background: Background
  readonly transact: Transact
}

export interface CodeAttempt {
  /** As read before the challenge was looked at. */
  readonly user: Subject
  readonly proof: FactorProof
  /** Null where somebody who is signed in proves again. */
  readonly ip: string | null
  /** What the trail has of a wrong one. */
  readonly refusal: Pick<NewAuditEvent, 'name' | 'actorId' | 'facts'>
}

/**
 * Codes of all kinds, for whatever they are given: one row of failures for each person, which a right code ends, and a
 * new password. Only who knows the password, or holds a token, gets here.
 * @throws FactorRejected, CodesExhausted, RateLimited, Unavailable
 */
export type CheckCode = (attempt: CodeAttempt) => Promise<void>

export function createCodeCheck(deps: CodeCheckDependencies): CheckCode {
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

  return async ({ user, proof, ip, refusal }) => {
    let nth = 0
    const from = { account: secondFactorAccount(user.id), ip }
    const isRight = await limits.attemptInRow(from, async (inRow) => {
      nth = inRow
      return inRow <= mostInRow && (await mfa.prove(user.id, proof)) ? true : null
    })
    if (isRight !== null) return
    // Not only the one that is the hundredth: who was to void it may have died before it did.
    if (nth >= mostInRow) await voidPassword(user)
    const event = { ...refusal, subjectId: user.id, outcome: 'refused' } as const
    background.run(() => audit.record(event))
    if (nth === toldAt) {
      background.run(() => audit.record({ ...event, name: 'second-factor.attacked', outcome: 'success' }))
    }
    throw nth > mostInRow ? new CodesExhausted() : new FactorRejected()
  }
}
