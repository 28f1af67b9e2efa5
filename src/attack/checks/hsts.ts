import { graphqlRequest } from '../attack.js'
import { failed, NotApplicable, passed, warned, type Check } from '../check.js'

const halfAYear = 15_768_000

export const hsts: Check = {
  id: 'hsts',
  area: 'HTTP',
  title: 'Browsers are told to come by https only',
  reason: 'The first request by http can be read and answered by the network in between.',
  remedy: '`Strict-Transport-Security: max-age=31536000; includeSubDomains` on https, and only there.',
  references: ['RFC 6797 §7.2', 'OWASP ASVS 3.4.1', 'CWE-319'],
  async run({ client }) {
    const { headers } = await client.send(graphqlRequest('{ __typename }', {}))
    const header = headers['strict-transport-security']
    const isHttps = client.isTls
    if (!isHttps && header === undefined) throw new NotApplicable('This is http, where the header means nothing.')
    if (!isHttps) return warned('It is sent by http, where it means nothing (RFC 6797 §7.2); is TLS ended in front?')
    if (header === undefined) return failed('It is not sent.')
    const [, seconds = '0'] = /max-age=(\d+)/i.exec(header) ?? []
    return Number(seconds) < halfAYear ? failed(`It holds for ${seconds} s only.`) : passed(header)
  },
}
