import { failed, passed, warned, type Check } from '../check.js'
import { cookieSession } from '../cookies.js'

export const cookieAttributes: Check = {
  id: 'cookie-attributes',
  area: 'HTTP',
  title: 'Session cookies are out of reach',
  reason:
    'Scripts read what is not HttpOnly, networks what is not Secure, foreign pages send what has no SameSite, subdomains overwrite what has no prefix.',
  remedy: 'HttpOnly; Secure; SameSite=Lax or Strict; no Domain; Path=/; a name with `__Host-`.',
  references: ['RFC 6265bis §4.1', 'OWASP ASVS 3.3', 'CWE-614', 'CWE-1004', 'CWE-1275'],
  async run(attack) {
    const cookies = await cookieSession(attack)
    const faults = cookies.flatMap((cookie) => faultsOf(cookie).map((fault) => `${nameOf(cookie)}: ${fault}`))
    if (faults.length > 0) return failed(faults.join('; '))
    const unprefixed = cookies.map(nameOf).filter((name) => !/^__(Host|Secure)-/.test(name))
    if (unprefixed.length > 0) return warned(`Without the prefix \`__Host-\`: ${unprefixed.join(', ')}.`)
    return passed(cookies.map(nameOf).join(', '))
  },
}

const nameOf = (cookie: string): string => cookie.slice(0, cookie.indexOf('='))

function faultsOf(cookie: string): string[] {
  const has = (attribute: RegExp) =>
    cookie
      .split(';')
      .slice(1)
      .some((part) => attribute.test(part.trim()))
  return [
    ...(has(/^httponly$/i) ? [] : ['not HttpOnly']),
    ...(has(/^secure$/i) ? [] : ['not Secure']),
    ...(has(/^samesite=(lax|strict)$/i) ? [] : ['no SameSite=Lax or Strict']),
    ...(has(/^domain=/i) ? ['for a whole domain'] : []),
  ]
}
