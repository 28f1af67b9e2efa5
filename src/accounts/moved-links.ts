import type { Subject } from '../kernel/subject.js'
import type { Transaction } from '../kernel/transaction.js'
import type { EmailIdentity } from '../users/service.js'
import type { AccountDependencies } from './service.js'

/**
 * Of an account that moves to another address: its links, and those that went to either address, or wait to. They would
 * be good for one more account there once this one is not there, an invitation with its roles. Where it was never proven
 * that the address it leaves was theirs, those that went there are not theirs to take away.
 */
export async function forgetMovedLinks(
  { users, oneTimeTokens, outbox }: Pick<AccountDependencies, 'users' | 'oneTimeTokens' | 'outbox'>,
  tx: Transaction,
  { user, to }: { readonly user: Subject; readonly to: EmailIdentity },
): Promise<void> {
  for (const subject of [user.id, to.identifier]) await oneTimeTokens.forget(tx, subject, 'all')
  if (!user.emailVerified) return
  const from = users.requireEmail(user.email, 'email')
  await oneTimeTokens.forget(tx, from.identifier, 'all')
  await outbox.withdraw(tx, ['sign-up', 'invitation'], { email: from.email })
}
