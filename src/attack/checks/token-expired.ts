import { accessTokenOf } from '../attack.js'
import { failed, NotApplicable, passed, type Check } from '../check.js'
import { isKnown, presenter, readJwt } from '../tokens.js'

/** More than servers forgive for clocks that differ. */
const skewMs = 12_000

/** Only time makes an expired token that is rightly signed. */
export const tokenExpired: Check = {
  id: 'token-expired',
  area: 'Tokens',
  title: 'An expired token is refused',
  reason: 'An `exp` that nobody looks at ends nothing.',
  remedy: 'Compare `exp` with the clock at every use, with a skew of seconds.',
  references: ['RFC 7519 §4.1.4', 'CWE-613'],
  async run(attack) {
    await presenter(attack)
    const token = accessTokenOf(await attack.signIn(await attack.one()))
    const exp = readJwt(token)?.claims.exp
    if (typeof exp !== 'number') throw new NotApplicable('The token has no `exp`.')
    const leftMs = exp * 1000 - attack.clock.now().getTime()
    if (leftMs > attack.settings.patienceMs) {
      throw new NotApplicable(
        `It lives ${Math.ceil(leftMs / 1000)} s more: try --patience ${Math.ceil((leftMs + skewMs) / 1000)}.`,
      )
    }
    // Some forgive more than others: what counts is that it ends.
    for (let waitedMs = 0; waitedMs <= leftMs + skewMs; waitedMs += 1_000) {
      if (attack.clock.now().getTime() > exp * 1000 + 1_000 && !(await isKnown(attack, token)))
        return passed('It is refused.')
      await attack.client.wait(1_000)
    }
    return failed(`It is still taken ${skewMs / 1000} s after its end.`)
  },
}
