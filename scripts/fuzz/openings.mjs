import { password } from './values.mjs'
import { graphqlBody, post, whole } from './wire.mjs'

/**
 * @typedef {import('./operations.mjs').Making} Making
 * @typedef {import('./wire.mjs').Exchange} Exchange
 */

const tokens = 'tokens { accessToken refreshToken }'

/**
 * Sign-ins, sign-ups and refreshes that are right: chance alone makes few of them, and what they give out is what must
 * come out nowhere else.
 * @param {Making} making
 */
export function opening({ dice, canary, world }) {
  const { email, refreshToken } = world.actor('spareMember')
  const delivery = dice.pick(['BODY', 'BODY', 'COOKIE'])
  const page = /** @type {const} */ ([
    ['origin', world.pageOrigin],
    ['x-portcullis-csrf', '1'],
  ])
  const { field, type, input } = dice.pick([
    { field: 'signIn', type: 'SignInInput!', input: { email, password, delivery } },
    { field: 'signUp', type: 'SignUpInput!', input: { email: `${canary}@example.com`, password, delivery } },
    { field: 'refreshSession', type: 'RefreshInput', input: { refreshToken } },
  ])
  const selection = field === 'refreshSession' ? tokens : `... on SignedIn { ${tokens} user { id } }`
  const query = `mutation ($i: ${type}) { ${field}(input: $i) { __typename ${selection} } }`
  return whole('sign-in', post(graphqlBody(query, JSON.stringify({ i: input })), [...page, ['x-mark', canary]]))
}
