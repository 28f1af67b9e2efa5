import { demandAnswers, graphqlRequest } from '../attack.js'
import { failed, passed, warned, type Check } from '../check.js'

export const cors: Check = {
  id: 'cors',
  area: 'HTTP',
  title: 'Foreign pages may not read answers with cookies',
  reason:
    'An Origin that is reflected together with `Access-Control-Allow-Credentials` lets every page read what its visitor may.',
  remedy: 'Compare the Origin with a list, whole; never reflect it, never allow `null`.',
  references: ['OWASP ASVS 3.4.2', 'Fetch Standard §3.3', 'CWE-942'],
  async run(attack) {
    await demandAnswers(attack)
    const { client, settings } = attack
    const { protocol, host } = new URL(settings.origin)
    const origins = [
      'http://attack.example',
      'null',
      `${protocol}//${host}.attack.example`,
      `${protocol}//attack-${host}`,
      `${protocol}//${host}%60.attack.example`,
      'file://',
    ]
    let readable: string | null = null
    for (const origin of origins) {
      const preflight = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' }
      const asked = await client.send({ method: 'OPTIONS', headers: { origin, ...preflight } })
      const { headers, body } = graphqlRequest('{ __typename }', { headers: { origin } })
      const answered = await client.send({ headers, body })
      for (const answer of [asked, answered]) {
        const allowed = answer.headers['access-control-allow-origin']
        if (allowed !== origin && allowed !== '*') continue
        if (allowed === origin && answer.headers['access-control-allow-credentials'] === 'true') {
          return failed(`Pages of ${origin} may read answers, with cookies.`)
        }
        readable = allowed === '*' ? 'every page' : `pages of ${origin}`
      }
    }
    return readable === null
      ? passed('No foreign Origin is allowed.')
      : warned(`Answers without cookies may be read by ${readable}.`)
  },
}
