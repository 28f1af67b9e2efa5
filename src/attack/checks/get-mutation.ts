import { bearer } from '../attack.js'
import { unlessFound, type Check } from '../check.js'
import { hasData, replyOf } from '../reply.js'

export const getMutation: Check = {
  id: 'get-mutation',
  area: 'HTTP',
  title: 'GET changes nothing',
  reason:
    'A link or an image on any page makes the browser send a GET, with cookies; caches and prefetchers send it again.',
  remedy: 'Run queries only for GET, whatever the headers are.',
  references: ['GraphQL over HTTP §5', 'RFC 9110 §9.2.1', 'OWASP CSRF Prevention Cheat Sheet', 'CWE-352'],
  async run(attack) {
    const { email, password, session } = await attack.signedIn()
    const query = encodeURIComponent(`mutation { ${attack.field('signIn', { email, password })} }`)
    const path = `${attack.client.target.url.pathname}?query=${query}`
    const headers = { accept: 'application/json', 'apollo-require-preflight': '1', 'x-portcullis-csrf': '1' }
    const found: string[] = []
    for (const method of ['GET', 'HEAD']) {
      for (const more of [{}, headers, session.accessToken === null ? {} : bearer(session.accessToken)]) {
        const reply = replyOf(await attack.client.send({ method, path, headers: more }))
        if (hasData(reply) || reply.setCookies.length > 0) found.push(`a mutation by ${method} is carried out`)
      }
    }
    return unlessFound(found, 'Mutations by GET and HEAD are refused.')
  },
}
