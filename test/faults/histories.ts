/** Histories of Ada, and what the database may hold after them. */
import { check } from '../../scripts/faults/checker.mjs'
import type { Holdings, Operation } from '../../scripts/faults/history.mjs'

export const rules = { graceMs: 20_000, boundMs: 1_000, keepEndedMs: 120_000 }
export const ada = { userId: 'usr_ada', sessionId: 'ses_a' }

/** What clients did, each by what differs from an operation of Ada's that was answered in 10 ms. */
export function history(...changes: Partial<Operation>[]): Operation[] {
  return changes.map((change, index) => ({
    n: index + 1,
    client: 'person0',
    kind: 'me',
    server: '0.1',
    invokedAt: index * 100,
    answeredAt: (change.invokedAt ?? index * 100) + 10,
    outcome: 'ok',
    code: null,
    reason: null,
    status: 200,
    text: '',
    seenUserId: null,
    askedBy: null,
    keptSessionId: null,
    presented: null,
    given: null,
    roles: null,
    password: null,
    ...ada,
    ...change,
  }))
}

export const signUp: Partial<Operation> = { kind: 'sign-up', given: 'token0', password: 'right' }
export const refused: Partial<Operation> = {
  outcome: 'refused',
  code: 'UNAUTHENTICATED',
  reason: 'SESSION_ENDED',
  status: 401,
}
export const later = { invokedAt: 5_000 }
/** After everything that was in doubt before. */
export const settled = { invokedAt: 60_000 }
/** Of whoever administers. */
export const office = { client: 'admin', askedBy: 'ses_admin' }
export const conflict: Partial<Operation> = { outcome: 'refused', code: 'CONFLICT', status: 409 }

export function held(change: Partial<Holdings> = {}, end: string | null = null): Holdings {
  return {
    readAt: 100_000,
    users: [{ id: ada.userId, roles: ['member'], status: 'active', securityVersion: 1 }],
    sessions: [{ id: ada.sessionId, userId: ada.userId, securityVersion: 1, endReason: end }],
    rotations: rotations('token0', 'token1', 'token2'),
    ...change,
  }
}

export const rotations = (...digests: string[]) =>
  digests.map((digest, generation) => ({ sessionId: ada.sessionId, generation, digest }))

export const kindsOf = (
  operations: Operation[],
  holdings = held(),
  drains: Parameters<typeof check>[0]['drains'] = [],
) => [...new Set(check({ operations, held: holdings, drains, rules }).map(({ kind }) => kind))]

export const refresh = (presented: string, given: string): Partial<Operation> => ({ kind: 'refresh', presented, given })
export const active = { id: ada.userId, roles: ['member'], status: 'active', securityVersion: 1 }
export const admin: Partial<Operation> = {
  ...signUp,
  kind: 'sign-in',
  client: 'admin',
  userId: 'usr_admin',
  sessionId: 'ses_admin',
}
export const endOfAdmin: Partial<Operation> = { ...admin, kind: 'sign-out', given: null, password: null }
export const adminsSession = { id: 'ses_admin', userId: 'usr_admin', securityVersion: 1, endReason: 'signed-out' }
export const suspended = { users: [{ id: ada.userId, roles: ['member'], status: 'suspended', securityVersion: 2 }] }
export const raised = { users: [{ id: ada.userId, roles: ['member'], status: 'active', securityVersion: 2 }] }

/** Ada's two sessions. */
export function withSessions(change: Partial<Holdings>, end: string | null = null): Holdings {
  const both = held(change, end)
  const [first] = both.sessions
  if (first === undefined) throw new Error('Ada has a session')
  return {
    ...both,
    sessions: [first, { ...first, id: 'ses_b' }],
    rotations: [...both.rotations, { sessionId: 'ses_b', generation: 0, digest: 'token0' }],
  }
}
