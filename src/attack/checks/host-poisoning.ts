import { graphqlRequest, type Attack } from '../attack.js'
import { unlessFound, type Check } from '../check.js'
import type { Answer, Asking } from '../client.js'
import { findText } from '../json.js'
import { isHeldOff, replyOf } from '../reply.js'
import { readJwt } from '../tokens.js'

/** A name that nothing else would put into an answer. */
const evil = 'attack-host.example'

const forgeries: readonly Readonly<Record<string, string>>[] = [
  { host: evil },
  { 'x-forwarded-host': evil, 'x-forwarded-proto': 'https' },
  { forwarded: `host=${evil};proto=https` },
  { 'x-original-host': evil, 'x-host': evil, 'x-forwarded-server': evil },
  { 'x-original-url': `http://${evil}/`, 'x-rewrite-url': `http://${evil}/`, 'x-forwarded-prefix': `//${evil}` },
]

export const hostPoisoning: Check = {
  id: 'host-poisoning',
  area: 'HTTP',
  title: 'No header of a request says who the server is',
  reason: 'A link, an issuer or a cookie that is made from `Host` leads the next person to whoever sent it.',
  remedy: 'Take the public URL from configuration; believe `X-Forwarded-*` from your own proxy only.',
  references: ['OWASP WSTG-INPV-17', 'RFC 8414 §3.3', 'CWE-644', 'CWE-350'],
  async run(attack) {
    const found: string[] = []
    let answers = 0
    let heldOff = 0
    const requests = await requestsFor(attack)
    for (const headers of forgeries) {
      for (const [name, asking] of requests) {
        const answer = await attack.client.send({ ...asking, headers: { ...asking.headers, ...headers } })
        answers += 1
        if (isHeldOff(replyOf(answer))) heldOff += 1
        if (everythingIn(answer).includes(evil)) found.push(`${Object.keys(headers)[0]} comes back in ${name}`)
      }
    }
    return unlessFound(found, `In none of ${answers} answers.`, heldOff)
  },
}

async function requestsFor(attack: Attack): Promise<[string, Asking][]> {
  const { email, password } = await attack.signedIn()
  const get = (path: string): Asking => ({ method: 'GET', path, headers: { accept: 'application/json, text/html' } })
  const { pathname } = attack.client.target.url
  return [
    ['a sign-in', graphqlRequest(`mutation { ${attack.field('signIn', { email, password })} }`, {})],
    ['a reset', graphqlRequest(`mutation { ${attack.field('requestPasswordReset', { email })} }`, {})],
    ['the public keys', get('/.well-known/jwks.json')],
    ['the metadata', get('/.well-known/openid-configuration')],
    ['the metadata of OAuth', get('/.well-known/oauth-authorization-server')],
    ['a page', get(pathname)],
    ['a path that is none', get(`${pathname}/nothing`)],
    ['a path without its slash', get('/.well-known')],
  ]
}

/** With what is written inside of the token. */
function everythingIn({ text, headers, body }: Answer): string {
  const token = findText(body, ['accessToken', 'access_token', 'token'])
  const claims = token === null ? null : readJwt(token)?.claims
  return JSON.stringify([text, headers, claims]).toLowerCase()
}
