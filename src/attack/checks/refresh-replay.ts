import { refreshTokenOf, type Attack } from '../attack.js'
import { failed, NotApplicable, passed, type Check } from '../check.js'
import { isUnknownToSchema, sessionOf } from '../reply.js'

/** The longest grace that is still one. */
const graceMs = 35_000

export const refreshReplay: Check = {
  id: 'refresh-replay',
  area: 'Sessions',
  title: 'A spent refresh token opens nothing new',
  reason: 'A copied refresh token that goes on working is a session for the thief, for weeks.',
  remedy:
    'Rotate at each use; a spent token yields its own successor for some seconds at most, and ends the family later.',
  references: ['RFC 9700 §4.14.2', 'RFC 6749 §10.4', 'CWE-294'],
  async run(attack) {
    const first = refreshTokenOf(await attack.signIn(await attack.one()))
    const second = await refreshed(attack, first)
    if (second === null) throw new NotApplicable('A refresh gives no refresh token.')
    const third = await refreshed(attack, second)
    if (second === first && third === first) return failed('The refresh token is never changed.')
    const newest = third ?? second
    const replayed = await refreshed(attack, first)
    if (replayed === null) return passed('It is refused at once.')
    if (replayed === first) return failed('The spent token stays good.')
    if (replayed !== newest) return failed('The spent token opens a second chain beside the living one.')
    if (attack.settings.patienceMs < graceMs) {
      return passed(
        `For now it yields the same successor. --patience ${graceMs / 1000} waits for the end of the grace.`,
      )
    }
    await attack.client.wait(graceMs)
    if ((await refreshed(attack, first)) !== null) return failed(`It still yields a token ${graceMs / 1000} s later.`)
    return passed(`It yields the same successor for a while, and nothing ${graceMs / 1000} s later.`)
  },
}

async function refreshed(attack: Attack, refreshToken: string): Promise<string | null> {
  const reply = await attack.ask(`mutation { ${attack.field('refresh', { refreshToken })} }`)
  if (isUnknownToSchema(reply)) throw new NotApplicable('There is no such refresh.')
  return sessionOf(reply)?.refreshToken ?? null
}
