import { failed, passed, warned, type Check } from '../check.js'
import { presenter } from '../tokens.js'

const hour = 3600

export const tokenLifetime: Check = {
  id: 'token-lifetime',
  area: 'Tokens',
  title: 'An access token says when it ends, and it is soon',
  reason: 'A stolen token works for as long as it lives, at least with every service that only verifies it.',
  remedy: 'Ten minutes, and a refresh token that rotates.',
  references: ['RFC 9068 §2.2', 'RFC 8725 §3.10', 'OWASP ASVS 9.2.1', 'CWE-613'],
  async run(attack) {
    const { exp, iat } = (await presenter(attack)).jwt.claims
    if (typeof exp !== 'number') return failed('The token has no `exp`: it never ends.')
    const seconds = exp - (typeof iat === 'number' ? iat : attack.clock.now().getTime() / 1000)
    if (seconds > 24 * hour) return failed(`It lives ${Math.round(seconds / hour)} hours.`)
    if (seconds > hour) return warned(`It lives ${Math.round(seconds / 60)} minutes.`)
    return passed(`It lives ${Math.round(seconds)} s.`)
  },
}
