import { unlessFound, type Check } from '../check.js'
import { graphqlRequest } from '../attack.js'

export const cacheControl: Check = {
  id: 'cache-control',
  area: 'HTTP',
  title: 'Tokens and personal data are not kept by caches',
  reason: 'A browser or a proxy that keeps the answer gives the token to whoever comes next.',
  remedy: '`Cache-Control: no-store` on everything that carries a token or a person.',
  references: ['RFC 6749 §5.1', 'RFC 9111 §5.2.2.5', 'OWASP ASVS 14.3.2', 'CWE-525'],
  async run(attack) {
    const { email, password, session } = await attack.signedIn()
    const signIn = graphqlRequest(`mutation { ${attack.field('signIn', { email, password })} }`, {})
    const me = graphqlRequest(`{ ${attack.field('me')} }`, { token: session.accessToken })
    const found: string[] = []
    for (const [name, asking] of [
      ['the tokens', signIn],
      ['the person', me],
    ] as const) {
      const { headers } = await attack.client.send(asking)
      if (!/no-store/i.test(headers['cache-control'] ?? '')) found.push(`the answer with ${name} may be kept`)
    }
    return unlessFound(found, 'Both are no-store.')
  },
}
