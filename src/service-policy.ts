import { definePolicy, PolicyInvalid, type Policy } from './authorization/index.js'
import { readPolicyFile, type PolicyFile } from './policy-file.js'
import { defaultPolicy } from './policy.js'

/** What every new account gets. */
const roleOfNewAccounts = 'member'

/**
 * The policy of this service: its own, or roles, attributes and step-up needs out of a file. What there is to be
 * allowed here the code says; other permissions in the file are those of other subgraphs. A step-up need of ours can be
 * changed by the file, not left out.
 * @throws PolicyInvalid with every fault at once
 */
export function servicePolicy(file: PolicyFile | null): Policy {
  if (file === null) return defaultPolicy
  const own = defaultPolicy.definition
  const { permissions, elsewhere = [], properties, stepUp, ...written } = readPolicyFile(file)
  const ofUsers = Object.keys(written.attributes ?? {}).map((name) => `attributes.${name}`)
  const policy = definePolicy(
    {
      ...written,
      permissions: own.permissions,
      elsewhere: [...permissions, ...elsewhere].filter((permission) => !own.permissions.includes(permission)),
      // What the file declares about people it can ask of them as objects, too.
      properties: { ...properties, ...own.properties, user: [...(own.properties?.['user'] ?? []), ...ofUsers] },
      stepUp: { ...own.stepUp, ...stepUp },
    },
    { file: file.path },
  )
  if (policy.roles.has(roleOfNewAccounts)) return policy
  const remedy = 'Define it: every new account gets it'
  throw new PolicyInvalid([{ file: file.path, place: `role ${roleOfNewAccounts}`, problem: 'is missing', remedy }])
}
