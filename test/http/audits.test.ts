import { describe, expect, test } from '@jest/globals'
import { serverAudits, type Audit } from 'graphql-http'
import { behindProxy, startProduction } from '../support/production.js'
import { startTestPortcullis } from '../support/portcullis.js'

/** What the specification recommends or allows and we do not do, by the id of the audit. Anything that it demands, we do. */
const deviations: Record<string, string> = {
  '5A70':
    'MAY: a GET that a page can make without asking first (no special header) is refused, as it could be a forgery',
  D6D5: 'MAY: the same, with variables, for the newer media type',
  '6A70': 'MAY: the same, with variables, for application/json',
  '572B': 'SHOULD: a document that cannot be parsed is 400 for application/json, too, so that proxies and logs see it',
  FDE2: 'SHOULD: a document that is not valid is 400 for application/json, too',
  '7B9B': 'SHOULD: variables that are not valid are 400 for application/json, too',
}

/** These three ask for something that has nothing to do with introspection (UTF-8, variables), but ask by introspection. */
const askedByIntrospection = ['28B9', '2EA1', 'BF61']
const withoutIntrospection: Record<string, object> = {
  '{ __type(name: "Run🏃Swim🏊") { name } }': { query: '{ __typename } # Run🏃Swim🏊' },
  'query Type($name: String!) { __type(name: $name) { name } }': {
    query: 'query Type($name: Boolean!) { __typename @include(if: $name) }',
    variables: { name: true },
  },
}

const size = 61
const named = Object.fromEntries(Object.entries(deviations).map(([id, why]) => [id, why.replace(/:.*/, '')]))

/** `MUST`, `SHOULD` or `MAY`. */
const levelOf = (name: string): string => name.split(' ', 1)[0] ?? ''

describe('Of the audits of GraphQL over HTTP', () => {
  test('every demand is met in development, and all the rest but the six that are named', async () => {
    // The cheap hashes of the tests are refused outside of them.
    const server = await startTestPortcullis({ NODE_ENV: 'development', ARGON2_MEMORY: '19MiB', ARGON2_PASSES: '2' })
    try {
      expect(await failuresOf(serverAudits({ url: `${server.url}/graphql`, fetchFn: fetch }))).toEqual(named)
    } finally {
      await server.close()
    }
  })

  test('the same are met in production, where three of them are asked without introspection', async () => {
    const server = await startProduction()
    try {
      const url = `${server.url}/graphql`
      const asIs = await failuresOf(serverAudits({ url, fetchFn: throughProxy({}) }))
      expect(Object.keys(asIs).sort()).toEqual([...Object.keys(deviations), ...askedByIntrospection].sort())
      expect(await failuresOf(serverAudits({ url, fetchFn: throughProxy(withoutIntrospection) }))).toEqual(named)
    } finally {
      await server.close()
    }
  })

  test('nearly all fail for a server that keeps to none of it', async () => {
    const deaf: typeof fetch = async () => new Response('hello', { status: 500 })
    const failures = await failuresOf(serverAudits({ url: 'http://127.0.0.1', fetchFn: deaf }))
    expect(Object.keys(failures).length).toBeGreaterThan(50)
  })
})

/** The level of each audit that was not met, by its id. */
async function failuresOf(audits: Audit[]): Promise<Record<string, string>> {
  expect(audits).toHaveLength(size)
  const results = await Promise.all(audits.map(({ fn }) => fn()))
  const failures = results.filter(({ status }) => status !== 'ok')
  return Object.fromEntries(failures.map(({ id, name }) => [id, levelOf(name)]))
}

/** As the proxy hands it on, with some documents replaced by others. */
function throughProxy(replacements: Record<string, object>): typeof fetch {
  return (input, init) => {
    const headers = new Headers(init?.headers)
    for (const [name, value] of Object.entries(behindProxy)) headers.set(name, value)
    return fetch(input, { ...init, headers, body: replaced(init?.body, replacements) })
  }
}

function replaced(body: RequestInit['body'], replacements: Record<string, object>) {
  if (typeof body !== 'string') return body ?? null
  const query = Object.keys(replacements).find((query) => body.includes(JSON.stringify(query)))
  return query === undefined ? body : JSON.stringify({ ...JSON.parse(body), ...replacements[query] })
}
