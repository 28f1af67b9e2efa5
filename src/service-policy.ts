import { definePolicy, PolicyInvalid, type Fault, type Policy } from './authorization/index.js'
import { readPolicyFile, type PolicyFile } from './policy-file.js'
import { defaultPolicy } from './policy.js'
import { scoreAfterReset } from './risk/service.js'

/** What every new account gets. */
const roleOfNewAccounts = 'member'
/** What it takes to add a second factor. */
const enrolling = 'authenticator:manage'

/**
 * The policy of this service: its own, or roles, attributes and step-up needs out of a file. What there is to be
 * allowed here the code says; other permissions in the file are those of other subgraphs. A step-up need of ours can be
 * changed by the file, not left out.
 * @throws PolicyInvalid with every fault at once
 */
export function servicePolicy(file: PolicyFile | null): Policy {
  if (file === null) return defaultPolicy
  const own = defaultPolicy.definition
  const { permissions, elsewhere = [], properties, stepUp, secondFactor, risk, ...written } = readPolicyFile(file)
  const ofUsers = Object.entries(written.attributes ?? {}).map(([name, type]) => [`attributes.${name}`, type])
  const policy = definePolicy(
    {
      ...written,
      permissions: own.permissions,
      elsewhere: [...permissions, ...elsewhere].filter((permission) => !own.permissions.includes(permission)),
      // What the file declares about people it can ask of them as objects, too.
      properties: {
        ...properties,
        ...own.properties,
        user: { ...own.properties?.['user'], ...Object.fromEntries(ofUsers) },
      },
      stepUp: { ...own.stepUp, ...stepUp },
      secondFactor: {
        required: secondFactor?.required ?? [],
        // Without ours nobody could ever add what is missing.
        meanwhile: [...(own.secondFactor?.meanwhile ?? []), ...(secondFactor?.meanwhile ?? [])],
      },
      risk: { ...own.risk, ...risk },
    },
    { file: file.path },
  )
  const found = [
    ...missingRoles(policy),
    ...weakerNeeds(policy),
    ...closedWays(policy),
    ...laxerRisk(policy),
    ...refusedOwners(policy),
  ]
  const faults = found.map((fault) => ({ file: file.path, ...fault }))
  if (faults.length > 0) throw new PolicyInvalid(faults)
  return policy
}

function missingRoles(policy: Policy): Fault[] {
  const faults: Fault[] = []
  if (!policy.roles.has(roleOfNewAccounts)) {
    const remedy = 'Define it: every new account gets it'
    faults.push({ place: `role ${roleOfNewAccounts}`, problem: 'is missing', remedy })
  }
  if (policy.rolesHolding('user:assign-roles').length === 0) {
    const problem = 'no role holds user:assign-roles without condition'
    faults.push({ place: 'roles', problem, remedy: 'Give it to one: otherwise nobody could ever give anybody a role' })
  }
  return faults
}

/** A file may ask for a better proof than we do, not for a worse one. */
function weakerNeeds(policy: Policy): Fault[] {
  return [...policy.permissions].flatMap((permission) => {
    const [ours, theirs] = [defaultPolicy.needOf(permission), policy.needOf(permission)]
    if (ours === null) return []
    const isOlder = (theirs?.maxAgeMs ?? Infinity) > (ours.maxAgeMs ?? Infinity)
    const isWeaker = ours.assurance === 'aal2' && theirs?.assurance !== 'aal2'
    if (!isOlder && !isWeaker) return []
    const remedy = 'Ask for the same or more: maxAge and assurance may only be stricter than those of the service'
    return [{ place: `stepUp ${permission}`, problem: 'asks for less than the service does', remedy }]
  })
}

/** Whoever must have a second factor must be able to add one, by any one of their roles and whatever their attributes. */
function closedWays(policy: Policy): Fault[] {
  const roles = policy.rolesDemanded.filter((role) => {
    const somebody = { id: 'somebody', roles: [role], attributes: {}, enrolledAssurance: 'aal2' } as const
    const holdings = policy.holdingsOf(somebody)
    return !holdings.holds(enrolling) && !holdings.holdsOwn(enrolling)
  })
  const faults = roles.map((role) => ({
    place: `role ${role}`,
    problem: 'must have a second factor and cannot add one',
    remedy: `Inherit from ${roleOfNewAccounts}, or give it ${enrolling}@own`,
  }))
  if (policy.needOf(enrolling)?.assurance !== 'aal2') return faults
  const problem = 'nobody could add a first factor'
  return [...faults, { place: `stepUp ${enrolling}`, problem, remedy: 'Say HIGHEST_ENROLLED' }]
}

/** A person is told of whatever we would tell, and asked for a second factor wherever we would. */
function laxerRisk({ definition }: Policy): Fault[] {
  const names = ['notify', 'secondFactor'] as const
  return names.flatMap((name) => {
    const ours = defaultPolicy.definition.risk?.[name] ?? Infinity
    if ((definition.risk?.[name] ?? Infinity) <= ours) return []
    return [{ place: `risk ${name}`, problem: 'asks for less than the service does', remedy: `Say ${ours} or less` }]
  })
}

/** A new password by mail is an owner's way back, whatever strangers do meanwhile. */
function refusedOwners({ definition }: Policy): Fault[] {
  const { refuse = Infinity } = definition.risk ?? {}
  if (refuse > scoreAfterReset) return []
  const problem = 'keeps owners out after a new password by mail: no device is known then, and strangers may fail again'
  return [{ place: 'risk refuse', problem, remedy: `Say ${scoreAfterReset + 1} or more, or leave it out` }]
}
