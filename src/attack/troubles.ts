/** Requests that nobody sends by honest means, each with a mark that must not come back. */
import type { Attack } from './attack.js'
import { json } from './attack.js'
import type { Answer, Asking } from './client.js'

/** Nothing that a server would say by itself. */
export const mark = 'AttackMark4711'

export interface Trouble {
  readonly name: string
  readonly asking: Asking
  /** Not even a request for an operation: must be a 4xx. */
  readonly isBroken: boolean
}

const post = (body: string, type = 'application/json'): Asking => ({ headers: { ...json, 'content-type': type }, body })

export function troubles({ field }: Attack): Trouble[] {
  const broken: [string, Asking][] = [
    ['JSON that ends too early', post(`{"query": "${mark}`)],
    ['an empty body', post('')],
    ['a string for a body', post(`"${mark}"`)],
    ['a number for a body', post('4711')],
    ['null for a body', post('null')],
    ['a query that is a list', post(`{"query": ["${mark}"]}`)],
    ['a query that is an object', post(`{"query": {"${mark}": 1}}`)],
    ['no query', post(`{"operationName": "${mark}"}`)],
    ['variables that are a text', post(`{"query": "{ __typename }", "variables": "${mark}"}`)],
    ['deep JSON', post(`{"query":"{ __typename }","variables":${'['.repeat(20_000)}${']'.repeat(20_000)}}`)],
    ['another charset', post(`{"query": "{ __typename }"}`, 'application/json; charset=utf-7')],
    [
      'a compressed body that is not',
      { headers: { ...json, 'content-encoding': 'gzip' }, body: `{"query":"${mark}"}` },
    ],
    ['a body that is no UTF-8', { headers: json, body: Buffer.from('{"query": "\xe9\xff"}', 'latin1') }],
    ['a syntax error', post(JSON.stringify({ query: `{ __typename(x: "${mark}" "${mark}") }` }))],
    ['an unknown operation', post(JSON.stringify({ query: 'query A { __typename }', operationName: mark }))],
  ]
  const odd = (name: string, query: string, variables: object = {}): [string, Asking] => [
    name,
    post(JSON.stringify({ query, variables })),
  ]
  const refused: [string, Asking][] = [
    odd('an object for an id', `query ($id: ID!) { ${field('user', {}).replace('""', '$id')} }`, { id: { [mark]: 1 } }),
    odd('NUL in an id', `{ ${field('user', { id: `\u0000${mark}` })} }`),
    odd('a path for an id', `{ ${field('session', { id: `../../${mark}` })} }`),
    odd('NUL in an address', `mutation { ${field('signIn', { email: `a\u0000@example.com`, password: mark })} }`),
    odd('an address that is none', `mutation { ${field('signIn', { email: mark, password: mark })} }`),
    odd(
      'half a surrogate pair',
      `mutation { ${field('signIn', { email: 'a@example.com', password: mark })} }`.replace(mark, '\\ud800'),
    ),
    odd(
      'a long address',
      `mutation { ${field('signIn', { email: `${'a'.repeat(5_000)}@example.com`, password: mark })} }`,
    ),
    odd('a forged refresh token', `mutation { ${field('refresh', { refreshToken: mark })} }`),
    odd('an operator for an address', `mutation { ${field('signIn', { password: mark }).replace('""', '{ ne: 1 }')} }`),
  ]
  return [
    ...broken.map(([name, asking]) => ({ name, asking, isBroken: true })),
    ...refused.map(([name, asking]) => ({ name, asking, isBroken: false })),
  ]
}

const made = new WeakMap<Attack, Promise<readonly (readonly [Trouble, Answer])[]>>()

/** Made once for all the checks that look at them. */
export function answersToTroubles(attack: Attack): Promise<readonly (readonly [Trouble, Answer])[]> {
  const known = made.get(attack) ?? makeAll(attack)
  made.set(attack, known)
  return known
}

async function makeAll(attack: Attack): Promise<readonly (readonly [Trouble, Answer])[]> {
  const answers: (readonly [Trouble, Answer])[] = []
  for (const trouble of troubles(attack)) answers.push([trouble, await attack.client.send(trouble.asking)])
  return answers
}
