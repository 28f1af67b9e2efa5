import type { Subject } from '../kernel/subject.js'
import type { Transaction } from '../kernel/transaction.js'
import { OneTimeTokenRejected, type OneTimeToken } from '../one-time-tokens/service.js'
import { CredentialsRejected } from '../passwords/service.js'
import { EmailTaken } from '../users/service.js'
import { ownEvent } from './own-event.js'
import { pendingSignUpFrom, type PendingSignUp } from './pending-sign-up.js'
import type { AccountDependencies, AccountsService } from './service.js'

/** Whose address is proven: somebody who is to have an account, or somebody who has one. */
type Proven = { readonly pending: PendingSignUp } | { readonly user: Subject }

/**
 * The mail proves the address, the password that it is the same person who has signed up. Without it a stranger could
 * sign up with somebody's address, and the owner of it would confirm an account that the stranger can get into.
 */
export function createVerification(deps: AccountDependencies): AccountsService['verifyEmail'] {
  const { users, passwords, sessions, oneTimeTokens, limits, audit, transact, announce } = deps

  async function proven(token: OneTimeToken, password: string): Promise<Proven | null> {
    if (token.purpose === 'sign-up') {
      const pending = pendingSignUpFrom(token.payload)
      return (await passwords.matches(pending.passwordHash, password)) ? { pending } : null
    }
    const user = await users.find(token.subject)
    if (user === null || user.status !== 'active' || user.securityVersion !== token.securityVersion) {
      throw new OneTimeTokenRejected()
    }
    return (await passwords.verify(user.id, password)) === 'wrong' ? null : { user }
  }

  async function made(tx: Transaction, { passwordHash, ...pending }: PendingSignUp): Promise<Subject> {
    const user = await users.register(tx, { ...pending, roles: ['member'], emailVerified: true })
    await passwords.set(tx, user.id, passwordHash)
    return user
  }

  async function marked(tx: Transaction, user: Subject): Promise<Subject> {
    if (!(await users.markEmailVerified(tx, user.id))) throw new OneTimeTokenRejected()
    return { ...user, emailVerified: true }
  }

  return async ({ token: plaintext, password }, { ip, device, delivery }) => {
    const token = await oneTimeTokens.find(['sign-up', 'verification'], plaintext)
    const proof = await limits.attempt({ account: `verification:${token.digest}`, ip }, () => proven(token, password))
    if (proof === null) throw new CredentialsRejected()
    const isNew = 'pending' in proof
    const signedIn = await transact(async (tx) => {
      await oneTimeTokens.spend(tx, token)
      const user = isNew ? await made(tx, proof.pending) : await marked(tx, proof.user)
      const started = await sessions.start({ user, assurance: 'aal1', device, delivery }, tx)
      const facts = { sessionId: started.session.id }
      if (isNew) await audit.record(ownEvent('user.signed-up', user.id, facts), tx)
      await audit.record(ownEvent('user.email-verified', user.id, facts), tx)
      // Other links to the same address: each could only fail now.
      await oneTimeTokens.forget(tx, token.subject, [token.purpose])
      return started
    }).catch((cause: unknown) => {
      // Somebody has made an account with this address since the mail: the link has become void.
      throw cause instanceof EmailTaken ? new OneTimeTokenRejected() : cause
    })
    if (!isNew) announce({ kind: 'user', userId: signedIn.user.id })
    return signedIn
  }
}
