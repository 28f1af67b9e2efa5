import { json } from '../attack.js'
import { NoAnswer } from '../client.js'
import { unlessFound, type Check } from '../check.js'
import { hasData, replyOf } from '../reply.js'

export const methods: Check = {
  id: 'methods',
  area: 'HTTP',
  title: 'Methods that are not meant are refused',
  reason: 'TRACE sends back the headers, cookies and all; what PUT and DELETE do is what nobody has thought of.',
  remedy: 'Allow GET and POST (and OPTIONS), and answer 405 to the rest.',
  references: ['RFC 9110 §9.3.8', 'OWASP ASVS 4.1.4', 'CWE-693'],
  async run(attack) {
    const { email, password } = await attack.signedIn()
    const body = JSON.stringify({ query: `mutation { ${attack.field('signIn', { email, password })} }` })
    const found: string[] = []
    for (const method of ['PUT', 'DELETE', 'PATCH']) {
      if (hasData(replyOf(await attack.client.send({ method, headers: json, body }))))
        found.push(`a mutation by ${method} is carried out`)
    }
    for (const override of ['x-http-method-override', 'x-method-override']) {
      const query = encodeURIComponent(`mutation { ${attack.field('signIn', { email, password })} }`)
      const path = `${attack.client.target.url.pathname}?query=${query}&_method=POST`
      const reply = replyOf(await attack.client.send({ method: 'GET', path, headers: { [override]: 'POST' } }))
      if (hasData(reply)) found.push(`a GET that calls itself POST by ${override} is carried out`)
    }
    if (await isTraced(attack.client.send)) found.push('TRACE sends the headers back')
    return unlessFound(found, 'PUT, DELETE, PATCH and TRACE are refused.')
  },
}

/** No answer at all is as good as a refusal. */
async function isTraced(
  send: (asking: { method: string; headers: Record<string, string> }) => Promise<{ text: string }>,
) {
  try {
    return (await send({ method: 'TRACE', headers: { 'x-attack': 'attack-trace' } })).text.includes('attack-trace')
  } catch (cause) {
    if (cause instanceof NoAnswer) return false
    throw cause
  }
}
