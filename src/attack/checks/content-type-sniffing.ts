import { graphqlRequest } from '../attack.js'
import { unlessFound, type Check } from '../check.js'

export const contentTypeSniffing: Check = {
  id: 'content-type-sniffing',
  area: 'HTTP',
  title: 'Answers are taken for what they say they are',
  reason: 'A browser that guesses can take JSON with somebody’s text in it for a page, and run it.',
  remedy: '`X-Content-Type-Options: nosniff`, and a JSON content type on every answer, refusals too.',
  references: ['OWASP ASVS 3.4.4', 'Fetch Standard §3.6', 'CWE-430'],
  async run({ client }) {
    const { pathname } = client.target.url
    const askings = [
      ['an answer', graphqlRequest('{ __typename }', {})],
      ['a refusal', graphqlRequest('{', {})],
      ['a 404', { method: 'GET', path: `${pathname}/nothing`, headers: {} }],
    ] as const
    const found: string[] = []
    for (const [name, asking] of askings) {
      const { headers, text } = await client.send(asking)
      if (headers['x-content-type-options'] !== 'nosniff') found.push(`${name} has no nosniff`)
      if (/html/.test(headers['content-type'] ?? '') && text.includes('nothing'))
        found.push(`${name} is a page that repeats the path`)
    }
    return unlessFound(found, 'Answers, refusals and 404s are nosniff.')
  },
}
