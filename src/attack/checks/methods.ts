import { bearer, json, type Attack } from '../attack.js'
import { NoAnswer } from '../client.js'
import { unlessFound, type Check } from '../check.js'
import { hasData, isHeldOff, replyOf, type Reply } from '../reply.js'
import { signOutPath } from './get-mutation.js'

export const methods: Check = {
  id: 'methods',
  area: 'HTTP',
  title: 'Methods that are not meant are refused',
  reason: 'TRACE sends back the headers, cookies and all; what PUT and DELETE do is what nobody has thought of.',
  remedy: 'Allow GET and POST (and OPTIONS), and answer 405 to the rest.',
  references: ['RFC 9110 §9.3.8', 'OWASP ASVS 4.1.4', 'CWE-693'],
  async run(attack) {
    const { email, password, session } = await attack.signedIn()
    const body = JSON.stringify({ query: `mutation { ${attack.field('signIn', { email, password })} }` })
    const found: string[] = []
    let heldOff = 0
    const note = (reply: Reply, name: string) => {
      if (hasData(reply)) found.push(`${name} is carried out`)
      if (isHeldOff(reply)) heldOff += 1
    }
    for (const method of ['PUT', 'DELETE', 'PATCH']) {
      note(replyOf(await attack.client.send({ method, headers: json, body })), `a mutation by ${method}`)
    }
    const credentials = session.accessToken === null ? {} : bearer(session.accessToken)
    for (const override of ['x-http-method-override', 'x-method-override']) {
      const path = `${signOutPath(attack)}&_method=POST`
      const headers = { [override]: 'POST', ...credentials }
      const reply = replyOf(await attack.client.send({ method: 'GET', path, headers }))
      note(reply, `a GET that calls itself POST by ${override}`)
    }
    if (await isTraced(attack)) found.push('TRACE sends the headers back')
    return unlessFound(found, 'PUT, DELETE, PATCH and TRACE are refused.', heldOff)
  },
}

/** No answer at all is as good as a refusal, as long as the server stands. */
async function isTraced({ client, ask }: Attack): Promise<boolean> {
  try {
    const { text } = await client.send({ method: 'TRACE', headers: { 'x-attack': 'attack-trace' } })
    return text.includes('attack-trace')
  } catch (cause) {
    if (!(cause instanceof NoAnswer)) throw cause
    await ask('{ __typename }')
    return false
  }
}
