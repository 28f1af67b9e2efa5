import type { Subject } from '../kernel/subject.js'
import type { Transaction } from '../kernel/transaction.js'
import type { EmailIdentity } from '../users/service.js'
import type { AccountDependencies } from './service.js'

/**
 * Of an account that moves to another address: its links, and those that went to either address, or wait to. They would
 * be good for one more account there once this one is not there, an invitation with its roles.
 */
export async function forgetMovedLinks(
  { users, oneTimeTokens, outbox }: Pick<AccountDependencies, 'users' | 'oneTimeTokens' | 'outbox'>,
  tx: Transaction,
  { user, to }: { readonly user: Subject; readonly to: EmailIdentity },
): Promise<void> {
  const from = users.requireEmail(user.email, 'email')
  for (const subject of [user.id, from.identifier, to.identifier]) await oneTimeTokens.forget(tx, subject, 'all')
  await outbox.withdraw(tx, ['sign-up', 'invitation'], { email: from.email })
}
