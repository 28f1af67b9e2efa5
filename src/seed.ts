import { systemRandom } from './kernel/random.js'
import type { App } from './app.js'

export interface SeededUser {
  readonly role: string
  readonly email: string
  readonly password: string
}

/** 144 random bits: long enough for every rule, short enough to be copied from a terminal. */
export function randomPassword(): string {
  return systemRandom(18).toString('base64url')
}

/** On the first start of a development database: somebody to sign in as. Both or none, and never a second time. */
export async function seedDevelopment({ users, accounts }: App): Promise<readonly SeededUser[]> {
  if (!(await users.isEmpty())) return []
  const seeded = ['admin', 'member'].map((role) => ({ role, email: `${role}@example.com`, password: randomPassword() }))
  await accounts.provision(seeded.map(({ role, ...account }) => ({ ...account, displayName: role, roles: [role] })))
  return seeded
}
