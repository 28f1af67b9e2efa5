/** What was promised to an address: it waits in a one-time token until it is redeemed. */
export interface Invitation {
  readonly email: string
  readonly roles: readonly string[]
  /** Who promised it: only what that person can still give is given. */
  readonly invitedBy: string
  /** Of the inviter when it was promised. */
  readonly inviterVersion: number
}

/** @throws TypeError for what this code has not written */
export function invitationFrom(payload: Readonly<Record<string, unknown>>): Invitation {
  const { email, roles, invitedBy, inviterVersion } = payload
  const isList = Array.isArray(roles) && roles.every((role) => typeof role === 'string')
  if (typeof email !== 'string' || typeof invitedBy !== 'string' || typeof inviterVersion !== 'number' || !isList) {
    throw new TypeError('This is no invitation')
  }
  return { email, roles, invitedBy, inviterVersion }
}
