import { accessTokenOf, bearer, type Attack } from '../attack.js'
import { NotApplicable, Undecided, unlessFound, type Check } from '../check.js'
import { appearanceOf, hasData, isHeldOff, isUnknownToSchema, replyOf } from '../reply.js'

/** By the sign-out of a session of its own: a password has no place in a URL, which logs and proxies keep. */
export const getMutation: Check = {
  id: 'get-mutation',
  area: 'HTTP',
  title: 'GET changes nothing',
  reason:
    'A link or an image on any page makes the browser send a GET, with cookies; caches and prefetchers send it again.',
  remedy: 'Run queries only for GET, whatever the headers are.',
  references: ['GraphQL over HTTP §5', 'RFC 9110 §9.2.1', 'OWASP CSRF Prevention Cheat Sheet', 'CWE-352'],
  async run(attack) {
    const token = accessTokenOf((await attack.signedIn()).session)
    const proofs = { accept: 'application/json', 'apollo-require-preflight': '1', 'x-portcullis-csrf': '1' }
    const found: string[] = []
    let heldOff = 0
    for (const more of [{}, proofs]) {
      const headers = { ...more, ...bearer(token) }
      const reply = replyOf(await attack.client.send({ method: 'GET', path: signOutPath(attack), headers }))
      if (hasData(reply) || reply.setCookies.length > 0) found.push('a mutation by GET is carried out')
      if (isHeldOff(reply)) heldOff += 1
    }
    if (found.length === 0) await demandSignOut(attack, token)
    return unlessFound(found, 'Mutations by GET are refused.', heldOff)
  },
}

/** The mutation that carries no secret and harms nobody whose session it is not. */
export function signOutPath(attack: Attack): string {
  return `${attack.client.target.url.pathname}?query=${encodeURIComponent(`mutation { ${attack.field('signOut')} }`)}`
}

/** That the same is carried out when it is sent as it should be: otherwise its refusal says nothing. */
async function demandSignOut(attack: Attack, token: string): Promise<void> {
  const reply = await attack.ask(`mutation { ${attack.field('signOut')} }`, { token })
  if (isUnknownToSchema(reply)) throw new NotApplicable('There is no such sign-out to be tried by GET.')
  if (!hasData(reply)) throw new Undecided(`The mutation is refused by POST, too: ${appearanceOf(reply)}.`)
}
