import { DomainError } from '../kernel/errors.js'
import type { Subject } from '../kernel/subject.js'
import type { Transaction } from '../kernel/transaction.js'
import { OneTimeTokenRejected, type OneTimeToken } from '../one-time-tokens/service.js'
import { CredentialsRejected } from '../passwords/service.js'
import type { SignedInOnDevice } from '../risk/service.js'
import { EmailTaken } from '../users/service.js'
import { createBeginAccount } from './begin-account.js'
import { ownEvent } from './own-event.js'
import { pendingSignUpFrom, type PendingSignUp } from './pending-sign-up.js'
import type { AccountDependencies, AccountsService, Arrival } from './service.js'

/** The address is proven now, and nobody is signed in. */
export class SecondFactorMissing extends DomainError {
  constructor() {
    super('unauthenticated', 'SECOND_FACTOR_MISSING', 'Your address is proven. Sign in to go on.')
  }
}

/** Whose address is proven: somebody who is to have an account, or somebody who has one. */
type Proven = { readonly pending: PendingSignUp } | { readonly user: Subject }

/**
 * The mail proves the address, the password that it is the same person who has signed up. Without it a stranger could
 * sign up with somebody's address, and the owner of it would confirm an account that the stranger can get into.
 */
export function createVerification(deps: AccountDependencies): AccountsService['verifyEmail'] {
  const { users, passwords, risk, oneTimeTokens, limits, audit, transact, announce } = deps
  const beginAccount = createBeginAccount(deps)

  async function proven(token: OneTimeToken, password: string): Promise<Proven | null> {
    if (token.purpose === 'sign-up') {
      const pending = pendingSignUpFrom(token.payload)
      return (await passwords.matches(pending.passwordHash, password)) ? { pending } : null
    }
    const user = await users.findAt(token.subject, token.securityVersion)
    if (user === null) throw new OneTimeTokenRejected()
    return (await passwords.verify(user.id, password)) === 'wrong' ? null : { user }
  }

  /** Of an account that has begun without a proof. */
  async function markVerified(
    tx: Transaction,
    user: Subject,
    { device, deviceTokens, delivery }: Arrival,
  ): Promise<SignedInOnDevice | null> {
    if (!(await users.markEmailVerified(tx, user.id))) throw new OneTimeTokenRejected()
    // Whoever has a second factor signs in by it, and not by a link and a password.
    const isKnownByMore = user.enrolledAssurance === 'aal2'
    const verified = { ...user, emailVerified: true }
    const started = isKnownByMore
      ? null
      : await risk.start(
          { user: verified, assurance: 'aal1', device, delivery },
          { recognition: await risk.recognise(user.id, deviceTokens, tx), verdict: null },
          tx,
        )
    const facts = started === null ? {} : { sessionId: started.session.id }
    await audit.record(ownEvent('user.email-verified', user.id, facts), tx)
    await oneTimeTokens.forget(tx, user.id, ['verification'])
    // What else was sent to the address was for whoever has it.
    await oneTimeTokens.forget(tx, users.requireEmail(user.email, 'email').identifier, 'all')
    return started
  }

  return async ({ token: plaintext, password }, arrival) => {
    const token = await oneTimeTokens.find(['sign-up', 'verification'], plaintext)
    const proof = await limits.attempt({ account: `verification:${token.digest}`, ip: arrival.ip }, () =>
      proven(token, password),
    )
    if (proof === null) throw new CredentialsRejected()
    const signedIn = await transact(async (tx) => {
      await oneTimeTokens.spend(tx, token)
      if ('user' in proof) return markVerified(tx, proof.user, arrival)
      const { passwordHash, ...pending } = proof.pending
      const registration = { ...pending, roles: ['member'], emailVerified: true }
      return beginAccount(tx, registration, { passwordHash, arrival })
    }).catch((cause: unknown) => {
      // Somebody has made an account with this address since the mail: the link has become void.
      throw cause instanceof EmailTaken ? new OneTimeTokenRejected() : cause
    })
    if ('user' in proof) announce({ kind: 'user', userId: proof.user.id })
    if (signedIn === null) throw new SecondFactorMissing()
    return signedIn
  }
}
