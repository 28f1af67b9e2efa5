import type { Holdings } from '../../src/kernel/caller.js'

/** Exactly these permissions, `x@own` for what the caller owns. */
export function holding(...permissions: string[]): Holdings {
  return {
    holds: (permission) => permissions.includes(permission),
    holdsOwn: (permission) => permissions.includes(`${permission}@own`),
    conditionsOf: () => [],
    meets: () => false,
    needOf: () => null,
    permissions,
  }
}
