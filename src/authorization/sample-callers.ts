import { anonymous, machineOf, personOf, type Caller } from '../kernel/caller.js'
import type { Subject } from '../kernel/subject.js'
import type { Policy } from './policy.js'

/** A kind of caller that matrix and explanations speak of. */
export interface SampleCaller {
  /** `anonymous`, `member`, `member's machine`. */
  readonly name: string
  readonly caller: Caller
}

/**
 * The anonymous caller; for each role somebody who holds just that, with one factor and proven long ago, without
 * attributes and, where conditions ask for some, with them; the same overdue with a second factor, where the policy
 * demands one; and a machine of each of them with every scope there is.
 */
export function sampleCallers(policy: Policy): readonly SampleCaller[] {
  const people = [...policy.roles].flatMap((role) => {
    const attributes = policy.conditionsOn(role)
    const isConditional = Object.keys(attributes).length > 0
    return [
      ...samplesOf(role, role, policy, {}),
      ...(isConditional ? samplesOf(`${role} with attributes`, role, policy, attributes) : []),
    ]
  })
  const machines = people.map(({ name, caller: { user } }) => ({
    name: `${name}'s machine`,
    caller: machineOf({
      machineId: 'key_of_nobody',
      owner: user,
      scopes: [...policy.permissions],
      holdings: policy.holdingsOfMachine([...policy.permissions], user),
    }),
  }))
  return [{ name: 'anonymous', caller: anonymous }, ...people, ...machines]
}

function samplesOf(name: string, role: string, policy: Policy, attributes: Subject['attributes']) {
  const caller = sampleCaller(role, policy, attributes)
  const { user } = caller
  if (policy.secondFactorGraceMs(user) === null) return [{ name, caller }]
  const late = { ...user, ...withoutFactor, secondFactorDueAt: longAgo }
  return [
    { name, caller },
    {
      name: `${name} overdue`,
      caller: personOf({ ...caller, user: late, assurance: 'aal1', holdings: policy.holdingsOf(late) }),
    },
  ]
}

const withoutFactor = { enrolledAssurance: 'aal1', enrolledFactors: [] } as const
const withFactor = { enrolledAssurance: 'aal2', enrolledFactors: ['totp'] } as const

/**
 * Somebody who holds a role and nothing else; without a second factor, unless the policy gives no time to go without.
 * @param attributes none, unless it is about conditions
 */
export function sampleCaller(role: string, policy: Policy, attributes: Subject['attributes'] = {}) {
  const somebody: Subject = {
    id: 'usr_of_nobody',
    displayName: null,
    email: 'nobody@example.invalid',
    emailVerified: true,
    roles: [role],
    attributes,
    status: 'active',
    createdAt: longAgo,
    securityVersion: 1,
    ...withoutFactor,
  }
  const factors = policy.secondFactorGraceMs(somebody) === 0 ? withFactor : withoutFactor
  const user = { ...somebody, ...factors }
  return personOf({
    user,
    sessionId: 'ses_of_nobody',
    holdings: policy.holdingsOf(user),
    assurance: factors.enrolledAssurance,
    authenticatedAt: longAgo,
  })
}

const longAgo = new Date(0)
