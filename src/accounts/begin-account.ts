import type { Transaction } from '../kernel/transaction.js'
import type { SignedInOnDevice } from '../risk/service.js'
import type { Registration } from '../users/service.js'
import { ownEvent } from './own-event.js'
import type { AccountDependencies, Arrival } from './service.js'

/** The account of somebody who signs up, with its password and its first session. @throws EmailTaken */
export type BeginAccount = (
  tx: Transaction,
  registration: Registration,
  begun: {
    readonly passwordHash: string
    readonly arrival: Pick<Arrival, 'device' | 'delivery'>
    /** What else the trail is to know. */
    readonly facts?: Readonly<Record<string, string>>
  },
) => Promise<SignedInOnDevice>

export function createBeginAccount(deps: AccountDependencies): BeginAccount {
  const { users, passwords, risk, oneTimeTokens, audit } = deps
  return async (tx, registration, { passwordHash, arrival, facts }) => {
    const user = await users.register(tx, registration)
    await passwords.set(tx, user.id, passwordHash)
    const { device, delivery } = arrival
    const signIn = { user, assurance: 'aal1', device, delivery } as const
    const started = await risk.start(signIn, { recognition: null, verdict: null }, tx)
    const known = { sessionId: started.session.id, ...facts }
    await audit.record(ownEvent('user.signed-up', user.id, known), tx)
    if (user.emailVerified) {
      await audit.record(ownEvent('user.email-verified', user.id, known), tx)
      // What else was sent to the address: an invitation would outlive an account that moves to another one.
      await oneTimeTokens.forget(tx, users.requireEmail(user.email, 'input.email').identifier, 'all')
    }
    return started
  }
}
