import { asked } from './operations.mjs'
import { hostileJson, hostileText } from './values.mjs'
import { bytesOf, graphqlBody, json, post, whole } from './wire.mjs'

/**
 * Requests that are right as HTTP, with hostile bodies, headers, methods, paths and credentials.
 *
 * @typedef {import('./dice.mjs').Dice} Dice
 * @typedef {import('./operations.mjs').Making} Making
 * @typedef {import('./wire.mjs').Exchange} Exchange
 */

const me = graphqlBody('{ me { id email } viewer { kind permissions } }')

/** @param {Making} making */
export function rawBody(making) {
  const { dice, canary } = making
  const { headers, maySeeOthers } = asked(making, '')
  const value = () => hostileJson(dice, canary)
  const body = dice.pick([
    () => `{"query":${value()},"variables":${value()},"operationName":${value()},"extensions":${value()}}`,
    () => `{"query":"{ me { id } }","operationName":"${canary}"}`,
    () => `{"query":"{ me { id } }","query":"{ viewer { kind } }","${canary}":1}`,
    () => `{"query":"{ me { id } }","variables":{"__proto__":{"a":"${canary}"}}}`,
    () => `{"query":"{ me { id } }","extensions":{"persistedQuery":{"version":1,"sha256Hash":"${canary}"}}}`,
    () => `\ufeff${me}`,
    () => value(),
    () => `${me}${canary}`,
    () => me.slice(0, dice.below(me.length)),
    () =>
      Buffer.concat([
        Buffer.from(`{"query":"{ me { id } } #${canary}`),
        Buffer.from(dice.times(8, () => dice.below(256))),
        Buffer.from('"}'),
      ]),
    () => Buffer.from(me, 'utf16le'),
    () => Buffer.from(dice.times(dice.below(200), () => dice.below(256))),
    () => `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
    () => `{"query":"{ me { id } }","variables":{"a":${'9'.repeat(10_000)}}}`,
    () => `{"query":"#${canary}${'x'.repeat(dice.below(40_000))}\\n{ me { id } }"}`,
    () => `{"query":${JSON.stringify(`{ me(x: "${'\\'.repeat(dice.below(2_000))}${canary}") { id } }`)}}`,
  ])()
  return whole('body', post(body, headers), { maySeeOthers })
}

/** Larger than what is taken, now and then; the connection may end while it is being sent. @param {Making} making */
export function hugeBody({ dice, canary }) {
  const body = `{"query":"{ me { id } } #${canary}${'x'.repeat(dice.pick([262_000, 263_000, 600_000]))}"}`
  return { ...whole('huge body', post(body)), isWhole: false }
}

const contentTypes = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/graphql',
  'application/json; charset=utf-16',
  'application/json; charset="utf-8"',
  'application/json;;;',
  'APPLICATION/JSON',
  'application/json, text/plain',
  '*/*',
  '',
]

/** @param {Making} making */
export function header(making) {
  const { dice, canary } = making
  const { headers, maySeeOthers } = asked(making, '')
  const text = headerText(dice, canary)
  const odd = dice.times(1 + dice.below(3), () =>
    dice.pick(
      /** @type {(() => [string, string])[]} */ ([
        () => ['content-type', dice.chance(60) ? dice.pick(contentTypes) : `application/json; charset=${text}`],
        () => ['content-encoding', dice.pick(['gzip', 'br', 'identity', text])],
        () => [
          'accept',
          dice.pick(['text/html', 'application/json;q=0', 'application/graphql-response+json', '*/*;q=nan', text]),
        ],
        () => ['accept-encoding', text],
        () => ['host', dice.pick([text, '[::', 'a:99999', 'evil.example', ''])],
        () => ['x-forwarded-for', dice.pick([text, '6.6.6.6, ::1', '127.0.0.1'.repeat(50)])],
        () => ['x-forwarded-proto', dice.pick(['http', text, 'https, http'])],
        () => ['x-forwarded-host', text],
        () => ['forwarded', `for="${text}"`],
        () => ['origin', dice.pick([text, 'null', 'https://evil.example', 'http://app.example', `http://${text}`])],
        () => ['access-control-request-headers', text],
        () => ['apollo-federation-include-trace', 'ftv1'],
        () => ['x-portcullis-router', text],
        () => ['x-apollo-operation-name', text],
        () => ['x-request-id', text],
        () => ['request-id', text],
        () => ['user-agent', dice.pick([text, text.repeat(50), ''])],
        () => ['expect', dice.pick(['100-continue', text])],
        () => ['range', 'bytes=0-1'],
        () => ['if-none-match', text],
        () => ['cookie', `a=${text}; __Host-portcullis-access=${text}`],
        () => [canary, text],
        () => ['connection', dice.pick(['close', 'upgrade', text])],
        () => ['x-http-method-override', 'DELETE'],
      ]),
    )(),
  )
  const isTyped = odd.some(([name]) => name === 'content-type')
  const bytes = bytesOf({ headers: [...(isTyped ? [] : [json]), ...headers, ...odd], body: me })
  // "Expect: something" is refused by Node, and what is no host or two of them by us, with an end of the connection.
  return whole('header', bytes, {
    maySeeOthers,
    isWhole: !odd.some(([name]) => ['expect', 'host', 'connection'].includes(name)),
  })
}

/**
 * What a header can carry at all.
 * @param {Dice} dice
 * @param {string} canary
 */
function headerText(dice, canary) {
  return hostileText(dice, canary)
    .replace(/[^\t\x20-\x7e\x80-\xff]/g, '?')
    .slice(0, 2_000)
}

const methods = [
  'GET',
  'HEAD',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'PURGE',
  'QUERY',
  'M-SEARCH',
  'LOCK',
]
const paths = [
  '/',
  '/graphql',
  '/graphql/',
  '/GRAPHQL',
  '//graphql',
  '/health/live',
  '/health/ready',
  '/.well-known/jwks.json',
  '/metrics',
  '/graphql%00',
  '/../graphql',
  '*',
]

/** @param {Making} making */
export function target({ dice, canary }) {
  const method = dice.pick(['GET', 'POST', ...methods])
  const text = encodeURIComponent(hostileText(dice, canary).replace(/[\ud800-\udfff]/g, '')).slice(0, 4_000)
  const query = dice.pick([
    () => '',
    () => `?query=${encodeURIComponent(`{ me { id } user(id: "${canary}") { id } }`)}`,
    () => `?query=%7B__typename%7D&variables=${text}&operationName=${canary}`,
    () => `?query=%7B__typename%7D&query=${text}`,
    () => `?${text}`,
    () => `?variables=%7B%22__proto__%22%3A1%7D&extensions=${text}&query=mutation%20%7B%20signOut%20%7D`,
    () => `?%ff%fe=${canary}&a[b]=c&a[__proto__]=${canary}`,
  ])()
  const path = dice.chance(70)
    ? dice.pick(paths)
    : dice.pick([
        `/${text}`,
        `/%${canary}`,
        `/${canary}/../graphql`,
        `http://[${canary}/graphql`,
        `http://${canary}.example/graphql`,
      ])
  /** @type {[string, string][]} */
  const headers = [
    ...(dice.chance(50) ? /** @type {[string, string][]} */ ([['apollo-require-preflight', '1']]) : []),
    ...(dice.chance(40) ? /** @type {[string, string][]} */ ([['accept', 'text/html']]) : []),
  ]
  const bytes = bytesOf({ method, target: `${path}${query}`, headers, ...(method === 'POST' ? { body: me } : {}) })
  // Node closes after some of these; that there is an answer is all that is asked of them.
  return { ...whole('method or path', bytes), isHead: method === 'HEAD', isWhole: false }
}

const tokenAlphabet = 'ABCXYZabcxyz0189-_.'

/** A token that somebody has tampered with, in every place where one can be presented. @param {Making} making */
export function credential({ dice, canary, world }) {
  const { accessToken } = world.actor('member')
  const { refreshToken } = world.actor('spareMember')
  const forge = (/** @type {string} */ token) => {
    const forged = tampered(dice, token, canary)
    return forged === token ? `${token}A` : forged
  }
  const access = forge(accessToken)
  const [sessionId, family, last = ''] = refreshToken.split('.')
  // Of the right family even a spent one signs out: what is forged is the family.
  const refresh = `${forge(`${sessionId}.${family}`)}.${last}`
  const page = /** @type {const} */ (['origin', world.pageOrigin])
  const csrf = /** @type {const} */ (['x-portcullis-csrf', '1'])
  const refreshing = graphqlBody(
    'mutation ($t: String) { refreshSession(input: { refreshToken: $t }) { user { id } tokens { accessToken } } }',
    JSON.stringify({ t: refresh }),
  )
  const bytes = dice.pick([
    () => post(me, [['authorization', `Bearer ${access}`]]),
    () =>
      post(me, [['authorization', `${dice.pick(['bearer', 'Basic', 'DPoP', 'Bearer ', '', 'Bearer\t'])} ${access}`]]),
    () =>
      post(me, [
        ['authorization', `Bearer ${accessToken}`],
        ['authorization', `Bearer ${access}`],
      ]),
    () => post(me, [['authorization', `Bearer ${refreshToken}`]]),
    () => post(me, [['cookie', `__Host-portcullis-access=${access}`], page, csrf]),
    () =>
      post(me, [['cookie', `__Host-portcullis-access=${accessToken}; __Host-portcullis-access=${access}`], page, csrf]),
    () => post(me, [['cookie', `__Host-portcullis-access=${accessToken}`], ['origin', 'https://evil.example'], csrf]),
    () => post(me, [['cookie', `portcullis-access=${accessToken}`], page, csrf]),
    () => post(refreshing),
    () =>
      post(graphqlBody('mutation { refreshSession { user { id } } }'), [
        ['cookie', `__Host-portcullis-refresh=${refresh}`],
        page,
        csrf,
      ]),
    () => post(graphqlBody('mutation { signOut }'), [['cookie', `__Host-portcullis-refresh=${refresh}`], page, csrf]),
  ])()
  return whole('credential', bytes, { mustNotOpen: true })
}

/**
 * @param {Dice} dice
 * @param {string} token
 * @param {string} canary
 */
function tampered(dice, token, canary) {
  const at = dice.below(token.length)
  const parts = token.split('.')
  const character = tokenAlphabet.charAt(dice.below(tokenAlphabet.length))
  const header = (/** @type {object} */ value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return dice.pick([
    () => `${token.slice(0, at)}${character}${token.slice(at + 1)}`,
    () => `${token.slice(0, at)}${token.slice(at + 1)}`,
    () => `${token.slice(0, at)}${character}${token.slice(at)}`,
    () => token.slice(0, at),
    () => token + dice.pick(['=', '.', 'A', canary, '.'.repeat(50), 'A'.repeat(9_000)]),
    () => parts.toReversed().join('.'),
    () => parts.slice(0, 2).join('.'),
    () => `${parts.slice(0, 2).join('.')}.`,
    () => [header({ alg: 'none', typ: 'at+jwt', kid: canary }), ...parts.slice(1)].join('.'),
    () => [header({ alg: 'HS256', typ: 'at+jwt', kid: '../../dev/null' }), ...parts.slice(1)].join('.'),
    () =>
      [
        header({ alg: 'ES256', typ: 'at+jwt', kid: '__proto__', jku: `https://${canary}.example` }),
        ...parts.slice(1),
      ].join('.'),
    () => [parts[0], header({ sub: canary, roles: ['admin'] }), parts[2]].join('.'),
    () => token.toUpperCase(),
    () => canary,
    () => `${token}, ${token}`,
  ])()
}
