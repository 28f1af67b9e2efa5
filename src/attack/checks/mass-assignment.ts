import { accessTokenOf, type Attack } from '../attack.js'
import { NotApplicable, unlessFound, warned, type Check } from '../check.js'
import { at, isObject } from '../json.js'
import { headOf } from '../operations.js'
import { hasData, sessionOf } from '../reply.js'

/** What an input would have to be written with, and the value that it would have to come back with. */
const privileges: readonly (readonly [field: string, literal: string, value: unknown])[] = [
  ['roles', '["admin"]', ['admin']],
  ['role', '"admin"', 'admin'],
  ['roles', '[ADMIN]', ['ADMIN']],
  ['role', 'ADMIN', 'ADMIN'],
  ['isAdmin', 'true', true],
  ['admin', 'true', true],
  ['permissions', '["*"]', ['*']],
  ['emailVerified', 'true', true],
  ['id', '"attack"', 'attack'],
]

export const massAssignment: Check = {
  id: 'mass-assignment',
  area: 'Objects',
  title: 'Nobody gives themselves a role, an id or a proof',
  reason: 'An input that is copied into the record as it came makes administrators of those who ask for it.',
  remedy: 'Name each field of an input, and copy those only; the GraphQL input type should not have the others.',
  references: ['OWASP API3:2023', 'OWASP ASVS 15.3.3', 'CWE-915'],
  async run(attack) {
    const signUp = await takenBySignUp(attack)
    const profile = await takenByProfile(attack)
    if (signUp === null && profile === null) throw new NotApplicable('There is neither, or the account is a given one.')
    const taken = [...(signUp ?? []), ...(profile ?? [])]
    const effective = taken.filter(({ isEffective }) => isEffective).map(({ name }) => name)
    if (effective.length > 0 || taken.length === 0) return unlessFound(effective, 'No input has such a field.')
    return warned(`Taken, though without an effect that could be seen: ${taken.map(({ name }) => name).join(', ')}.`)
  },
}

interface Taken {
  readonly name: string
  readonly isEffective: boolean
}

async function takenBySignUp(attack: Attack): Promise<Taken[] | null> {
  // Where nobody signs up, a refusal is not about the field.
  if (!(await attack.one()).isOurs) return null
  const taken: Taken[] = []
  for (const [field, literal, value] of privileges) {
    const { email, password } = attack.stranger()
    const extra = `, ${field}: ${literal}`
    const reply = await attack.ask(`mutation { ${attack.field('signUp', { email, password, extra })} }`)
    const session = sessionOf(reply)
    if (session === null) continue
    taken.push({ name: `signUp with ${field}`, isEffective: await has(attack, accessTokenOf(session), field, value) })
  }
  return taken
}

async function takenByProfile(attack: Attack): Promise<Taken[] | null> {
  const { isOurs, session } = await attack.one()
  if (!isOurs) return null
  const token = accessTokenOf(session)
  const update = (extra: string) =>
    attack.ask(`mutation { ${attack.field('updateProfile', { displayName: 'Throw Away', extra })} }`, { token })
  if (!hasData(await update(''))) return null
  const taken: Taken[] = []
  for (const [field, literal, value] of privileges) {
    const reply = await update(`, ${field}: ${literal}`)
    if (!hasData(reply)) continue
    taken.push({ name: `updateProfile with ${field}`, isEffective: await has(attack, token, field, value) })
  }
  return taken
}

async function has(attack: Attack, token: string, field: string, value: unknown): Promise<boolean> {
  const { data } = await attack.ask(`{ ${headOf(attack.field('me'))} { ${field} } }`, { token })
  const [me] = isObject(data) ? Object.values(data) : []
  return JSON.stringify(at(me, field)) === JSON.stringify(value)
}
