import { readFileSync } from 'node:fs'
import { AccessTokenRejected, anonymous, definePolicy, machineOf, personOf } from 'portcullis/authorization'

const file = new URL('policy.json', import.meta.url)
export const policy = definePolicy(JSON.parse(readFileSync(file, 'utf8')), { file: 'policy.json' })

const minutesAgo = (minutes) => new Date(Date.now() - minutes * 60_000)
const ada = { id: 'usr_ada', roles: ['member'], attributes: { team: 'kitchen' }, enrolledAssurance: 'aal1' }
const bob = { id: 'usr_bob', roles: ['editor'], attributes: { onDuty: true }, enrolledAssurance: 'aal1' }

/** For development. In earnest a token is verified here, and its claims say who the person is. */
const callers = {
  'ada-token': () => person(ada, minutesAgo(1)),
  'bob-token': () => person(bob, minutesAgo(60)),
  'machine-token': () => machine(ada, ['note:read']),
}

function person(user, authenticatedAt) {
  const holdings = policy.holdingsOf(user)
  return personOf({ user, sessionId: `session of ${user.id}`, holdings, assurance: 'aal1', authenticatedAt })
}

/** What its scopes name, as far as its owner may do that now. */
function machine(owner, scopes) {
  const holdings = policy.holdingsOfMachine(scopes, owner)
  return machineOf({ machineId: `machine of ${owner.id}`, owner, scopes, holdings })
}

/** No token is nobody. A token that is no good is not: it fails the request. */
export function callerOf(authorization) {
  if (authorization === undefined) return anonymous
  const [, token = ''] = /^Bearer (\S+)$/.exec(authorization) ?? []
  if (!Object.hasOwn(callers, token)) throw new AccessTokenRejected('TOKEN_INVALID')
  return callers[token]()
}
