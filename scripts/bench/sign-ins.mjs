/** What the rows about signing in have in common: the service with the hashes of production, and people in turn. */
import { password, startMeasured } from './portcullis.mjs'

/** The defaults of the service (RFC 9106, OWASP). */
export const parameters = { memoryKiB: 19 * 1024, passes: 2 }
const query = `mutation ($input: SignInInput!) {
  signIn(input: $input) { ... on SignedIn { user { id } session { id } tokens { accessToken refreshToken } } }
}`

/**
 * @param {string} mongodbUri
 * @param {Record<string, string>} [settings]
 */
export function startHashing(mongodbUri, settings = {}) {
  const { memoryKiB, passes } = parameters
  return startMeasured(mongodbUri, {
    ARGON2_MEMORY: `${memoryKiB}KiB`,
    ARGON2_PASSES: String(passes),
    ...settings,
  })
}

/**
 * @param {import('../../dist/portcullis.js').Portcullis} portcullis
 * @param {number} count
 */
export async function registerPeople({ app }, count) {
  const people = Array.from({ length: count }, (_, index) => ({
    email: `person.${index}@example.com`,
    password,
    displayName: 'Ada Lovelace',
    roles: ['member'],
  }))
  // A few at a time: those of one call are one transaction, and that has its time.
  for (let index = 0; index < people.length; index += 4) await app.accounts.provision(people.slice(index, index + 4))
  return people.map(({ email }) => email)
}

/**
 * @param {string} email
 * @param {string} [attempt]
 */
export function signInBody(email, attempt = password) {
  return JSON.stringify({ query, variables: { input: { email, password: attempt } } })
}

/** @type {import('./rows.mjs').Open} */
export async function openSignIn({ mongodbUri }) {
  const portcullis = await startHashing(mongodbUri)
  const emails = await registerPeople(portcullis, 64)
  return {
    ask: {
      url: `${portcullis.url}/graphql`,
      headers: { 'content-type': 'application/json' },
      variants: emails.map((email) => ({ body: signInBody(email) })),
      marker: '"accessToken":"',
    },
    close: portcullis.close,
  }
}
