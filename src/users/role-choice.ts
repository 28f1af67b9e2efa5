import type { Policy } from '../authorization/index.js'

const maxRoles = 20

/** The roles that somebody is to have, each once, or what is wrong with them. */
export function rolesFrom(
  given: readonly string[],
  { roles: known }: Pick<Policy, 'roles'>,
): { readonly roles: readonly string[] } | { readonly fault: string } {
  const roles = [...new Set(given)]
  if (roles.length > maxRoles) return { fault: `There are more than ${maxRoles} roles.` }
  return roles.every((role) => known.has(role)) ? { roles } : { fault: 'There is no such role.' }
}
