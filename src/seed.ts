import type { App } from './app.js'
import { systemRandom } from './kernel/random.js'

export interface SeededUser {
  readonly role: string
  readonly email: string
  readonly password: string
}

/** On the first start of a development database: somebody to sign in as. Both or none, and never a second time. */
export async function seedDevelopment({ users, passwords, database }: App): Promise<readonly SeededUser[]> {
  if (!(await users.isEmpty())) return []
  const seeded = ['admin', 'member'].map((role) => ({
    role,
    email: `${role}@example.com`,
    password: systemRandom(18).toString('base64url'),
  }))
  const hashes = await Promise.all(seeded.map(({ password }) => passwords.prepare(password, 'password')))
  await database.transact(async (tx) => {
    for (const [index, { role, email }] of seeded.entries()) {
      const user = await users.register(tx, { email, displayName: role, roles: [role] })
      await passwords.set(tx, user.id, hashes[index] ?? '')
    }
  })
  return seeded
}
