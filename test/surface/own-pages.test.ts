import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { goodPassword, newEmail, signUp } from '../support/people.js'
import { cookiesOf, reasonOf, startTestPortcullis, testOrigin, type TestPortcullis } from '../support/portcullis.js'

let server: TestPortcullis
beforeAll(async () => {
  server = await startTestPortcullis()
})
afterAll(() => server.close())

const refresh = 'mutation { refreshSession { session { id } } }'
const signOut = 'mutation { signOut }'
const refreshName = '__Host-portcullis-refresh'

/** The refresh cookie of somebody who has signed in from a page of ours. */
async function refreshCookie(): Promise<Record<string, string>> {
  const email = newEmail()
  await signUp(server.ask, email)
  const query = 'mutation ($i: SignInInput!) { signIn(input: $i) { ... on SignedIn { session { id } } } }'
  const input = { email, password: goodPassword, delivery: 'COOKIE' }
  const answer = await server.ask(query, { variables: { i: input }, browser: true })
  return { [refreshName]: cookiesOf(answer)[refreshName] ?? '' }
}

/** Each as a page could send it that is not ours; the cookie comes along by itself. */
const foreign: [string, Record<string, string>][] = [
  ['without an origin', {}],
  ['of another origin', { origin: 'https://evil.example', 'x-portcullis-csrf': '1' }],
  ['of no origin in particular', { origin: 'null', 'x-portcullis-csrf': '1' }],
  ['without the header that a foreign page cannot add', { origin: testOrigin }],
]

test.each(foreign)(
  'A page %s neither refreshes nor ends a session by the refresh cookie alone',
  async (_name, headers) => {
    const cookies = await refreshCookie()
    for (const mutation of [refresh, signOut]) {
      const refused = await server.ask(mutation, { cookies, headers, browser: false })
      expect([mutation, reasonOf(refused), refused.headers.getSetCookie()]).toEqual([mutation, 'ORIGIN_REJECTED', []])
    }
    // Nor with a token of its own: that says nothing about the cookie that comes along.
    const { accessToken: token } = await signUp(server.ask)
    for (const mutation of [refresh, signOut]) {
      const refused = await server.ask(mutation, { cookies, headers, browser: false, token })
      expect([mutation, reasonOf(refused), refused.headers.getSetCookie()]).toEqual([mutation, 'ORIGIN_REJECTED', []])
    }
    const own = await server.ask(refresh, { cookies })
    expect(reasonOf(own)).toBeNull()
  },
)
