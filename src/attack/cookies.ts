/** A session in cookies, as a browser would have it. */
import type { Attack } from './attack.js'
import { NotApplicable } from './check.js'
import { appearanceOf, isUnknownToSchema, type Reply } from './reply.js'

/** What single-page applications send to show that they are no form. */
const proofs = {
  'x-portcullis-csrf': '1',
  'x-csrf-token': '1',
  'x-requested-with': 'XMLHttpRequest',
  'apollo-require-preflight': '1',
}

export const asAllowedPage = ({ settings }: Attack): Record<string, string> => ({ origin: settings.origin, ...proofs })

export async function askForCookies(attack: Attack, headers: Record<string, string>): Promise<Reply> {
  const { email, password } = await attack.one()
  const byCookie = await attack.ask(`mutation { ${attack.field('signInByCookie', { email, password })} }`, { headers })
  if (!isUnknownToSchema(byCookie)) return byCookie
  return attack.ask(`mutation { ${attack.field('signIn', { email, password })} }`, { headers })
}

/** @throws NotApplicable where the server sets none, or not for this origin */
export async function cookieSession(attack: Attack): Promise<readonly string[]> {
  const reply = await askForCookies(attack, asAllowedPage(attack))
  if (reply.setCookies.length > 0) return reply.setCookies
  const { origin } = attack.settings
  throw new NotApplicable(`No cookies for a page of ${origin}: ${appearanceOf(reply)}. --origin names another.`)
}

/** Their names and values, as a browser sends them back. */
export function cookieHeader(setCookies: readonly string[]): string {
  return setCookies.map((cookie) => cookie.split(';')[0]?.trim() ?? '').join('; ')
}
