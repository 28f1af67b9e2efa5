import type { Subject } from '../kernel/subject.js'
import type { AccountDependencies, AccountsService } from './service.js'

export function createProvision(deps: AccountDependencies): AccountsService['provision'] {
  const { users, passwords, audit, transact } = deps
  return async (accounts) => {
    const hashes = await Promise.all(
      accounts.map(({ password, ...account }) =>
        passwords.prepare(password, 'password', { ...account, isRandom: true }),
      ),
    )
    return transact(async (tx) => {
      const made: Subject[] = []
      for (const [index, { email, displayName, roles }] of accounts.entries()) {
        // Whoever runs the service vouches for the address.
        const user = await users.register(tx, { email, displayName, roles, emailVerified: true })
        await passwords.set(tx, user.id, hashes[index] ?? '')
        const facts = { roles: roles.join(' ') }
        await audit.record(
          { name: 'user.provisioned', actorId: null, subjectId: user.id, outcome: 'success', facts },
          tx,
        )
        made.push(user)
      }
      return made
    })
  }
}
