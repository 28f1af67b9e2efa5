/** What people do with the service, one thing after the other, again and again; and whether they get the right answer. */
import { randomInt } from 'node:crypto'
import { password } from '../growth/population.mjs'

/**
 * @typedef {import('../graphql-client.mjs').Ask} Ask
 * @typedef {import('../graphql-client.mjs').Asked} Asked
 * @typedef {(step: string, asked: Asked, isRight: boolean) => void} Note
 *
 * @typedef {object} Tokens
 * @property {string} accessToken
 * @property {string} refreshToken
 */

const signedIn = 'user { id } tokens { accessToken refreshToken }'
const queries = {
  signUp: `mutation ($input: SignUpInput!) { signUp(input: $input) { ... on SignedIn { ${signedIn} } } }`,
  signIn: `mutation ($input: SignInInput!) { signIn(input: $input) { ... on SignedIn { ${signedIn} } } }`,
  refresh: `mutation ($input: RefreshInput) { refreshSession(input: $input) { ${signedIn} } }`,
  me: '{ me { id email displayName roles } }',
  viewer: '{ viewer { kind permissions } }',
  sessions: '{ me { sessions(first: 10) { totalCount edges { node { id device { name } } } } } }',
  auditEvents: '{ auditEvents(first: 10) { totalCount edges { node { id name } } } }',
  updateProfile: 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { displayName } }',
  signOut: 'mutation { signOut }',
}
/** Between signing in and out. */
const day = /** @type {const} */ ([
  'me',
  'sessions',
  'refresh',
  'me',
  'viewer',
  'updateProfile',
  'me',
  'auditEvents',
  'refresh',
  'sessions',
  'me',
])
/** Of so many sign-ins, one is of somebody new. */
const signUpEvery = 5

/**
 * @param {Ask} ask
 * @param {number} client its number
 * @param {Note} note
 */
export function createLife(ask, client, note) {
  const from = { 'x-forwarded-for': '' }
  let accounts = 0
  let days = 0

  return async function liveOneDay() {
    // Another address each day: sign-ups of one network are few.
    from['x-forwarded-for'] = `10.${randomInt(256)}.${randomInt(256)}.${randomInt(256)}`
    let tokens = await arrive()
    for (const step of day) tokens = await go(step, tokens)
    const last = await ask({ query: queries.signOut }, bearer(tokens))
    note('signOut', last, last.data?.signOut === true)
    const afterwards = await ask({ query: queries.me }, bearer(tokens))
    note('me after signOut', afterwards, afterwards.errors[0]?.extensions?.['reason'] === 'SESSION_ENDED')
  }

  /** @returns {Promise<Tokens>} */
  async function arrive() {
    const isNew = days++ % signUpEvery === 0
    if (isNew) accounts += 1
    const step = isNew ? 'signUp' : 'signIn'
    const email = `soak.${client}.${isNew ? accounts : 1 + (days % accounts)}@example.com`
    const asked = await ask({ query: queries[step], variables: { input: { email, password } } }, from)
    const tokens = asked.data?.[step]?.tokens
    note(step, asked, tokens !== undefined)
    if (tokens === undefined) throw new Error(`${step}: ${asked.status} ${asked.errors[0]?.message}`)
    return tokens
  }

  /**
   * @param {typeof day[number]} step
   * @param {Tokens} tokens
   * @returns {Promise<Tokens>}
   */
  async function go(step, tokens) {
    if (step === 'refresh') {
      const variables = { input: { refreshToken: tokens.refreshToken } }
      const asked = await ask({ query: queries.refresh, variables }, from)
      const next = asked.data?.refreshSession?.tokens
      note(step, asked, next !== undefined)
      return next ?? tokens
    }
    const variables = step === 'updateProfile' ? { input: { displayName: `Day ${days}` } } : {}
    const asked = await ask({ query: queries[step], variables }, bearer(tokens))
    note(step, asked, asked.errors.length === 0 && asked.data !== null)
    return tokens
  }

  /** @param {Tokens} tokens */
  function bearer({ accessToken }) {
    return { ...from, authorization: `Bearer ${accessToken}` }
  }
}
