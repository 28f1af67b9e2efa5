import { NotApplicable, passed, unlessFound, type Check } from '../check.js'
import { asAllowedPage, askForCookies, cookieHeader, cookieSession } from '../cookies.js'
import { hasData } from '../reply.js'

export const cookieCsrf: Check = {
  id: 'cookie-csrf',
  area: 'HTTP',
  title: 'Cookies work for allowed pages only',
  reason: 'A browser sends cookies along with what a foreign page asks for, and stores those that the answer sets.',
  remedy: 'Demand an allowed Origin and a header of your own on everything that sets or uses cookies.',
  references: ['OWASP CSRF Prevention Cheat Sheet', 'OWASP ASVS 3.5.1', 'CWE-352', 'CWE-1275'],
  async run(attack) {
    const cookie = cookieHeader(await cookieSession(attack))
    const query = `mutation { ${attack.field('updateProfile', { displayName: 'Throw Away' })} }`
    const change = (headers: Record<string, string>) => attack.ask(query, { headers: { ...headers, cookie } })
    const { isOurs } = await attack.one()
    const isPossible = isOurs && hasData(await change(asAllowedPage(attack)))
    const found: string[] = []
    for (const [name, headers] of foreignPages(attack.settings.origin)) {
      if ((await askForCookies(attack, headers)).setCookies.length > 0) found.push(`cookies are handed out to ${name}`)
      if (isPossible && hasData(await change(headers))) found.push(`a change with cookies from ${name} is carried out`)
    }
    if (found.length === 0 && !isOurs)
      throw new NotApplicable('Foreign pages get none; what they change was not tried on a given account.')
    if (found.length === 0 && !isPossible)
      return passed('Foreign pages get none. No change was tried: none is possible with them.')
    return unlessFound(found, 'Foreign pages neither get nor use them.')
  },
}

function foreignPages(origin: string): [string, Record<string, string>][] {
  const { protocol, host } = new URL(origin)
  return [
    ['a foreign page', { origin: 'http://attack.example', 'x-portcullis-csrf': '1' }],
    ['a page of a name that begins alike', { origin: `${protocol}//${host}.attack.example`, 'x-portcullis-csrf': '1' }],
    ['a page of a name that ends alike', { origin: `${protocol}//attack-${host}`, 'x-portcullis-csrf': '1' }],
    ['a sandboxed page', { origin: 'null', 'x-portcullis-csrf': '1' }],
  ]
}
