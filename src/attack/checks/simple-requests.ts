import type { Asking } from '../client.js'
import { unlessFound, type Check } from '../check.js'
import { hasData, isHeldOff, replyOf } from '../reply.js'

/** Everything that a page may send to a foreign server without being asked first (Fetch Standard, CORS-safelisted). */
export const simpleRequests: Check = {
  id: 'simple-requests',
  area: 'HTTP',
  title: 'What a browser sends without a preflight changes nothing',
  reason: 'Any page can make a browser post a form, plain text or multipart, with the cookies of its user.',
  remedy: 'Take `application/json` only; it cannot be sent across origins without a preflight.',
  references: ['OWASP CSRF Prevention Cheat Sheet', 'GraphQL over HTTP §5.4', 'CWE-352'],
  async run(attack) {
    const { email, password } = await attack.signedIn()
    const query = `mutation { ${attack.field('signIn', { email, password })} }`
    const origin = { origin: 'http://attack.example' }
    const found: string[] = []
    let heldOff = 0
    for (const [name, asking] of simple(query)) {
      const reply = replyOf(await attack.client.send({ ...asking, headers: { ...asking.headers, ...origin } }))
      if (hasData(reply) || reply.setCookies.length > 0) found.push(`a mutation in ${name} is carried out`)
      if (isHeldOff(reply)) heldOff += 1
    }
    return unlessFound(found, 'Forms, text and multipart are refused.', heldOff)
  },
}

function simple(query: string): [string, Asking][] {
  const body = JSON.stringify({ query })
  const multipart = [
    '--x',
    'content-disposition: form-data; name="operations"',
    '',
    body,
    '--x',
    'content-disposition: form-data; name="map"',
    '',
    '{}',
    '--x',
    'content-disposition: form-data; name="query"',
    '',
    query,
    '--x--',
    '',
  ].join('\r\n')
  const of = (type: string, content: string): Asking => ({ headers: { 'content-type': type }, body: content })
  return [
    ['text/plain', of('text/plain', body)],
    ['text/plain that names JSON', of('text/plain; x=application/json', body)],
    ['a form', of('application/x-www-form-urlencoded', new URLSearchParams({ query }).toString())],
    ['a form that holds JSON', of('application/x-www-form-urlencoded', body)],
    ['multipart', of('multipart/form-data; boundary=x', multipart)],
    ['a body without a type', { headers: {}, body }],
    ['a body with an empty type', of('', body)],
  ]
}
