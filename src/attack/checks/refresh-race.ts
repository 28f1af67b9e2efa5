import { refreshTokenOf } from '../attack.js'
import { failed, NotApplicable, passed, Undecided, type Check } from '../check.js'
import { isThrottled, isUnknownToSchema, sessionOf } from '../reply.js'

const parallel = 50

export const refreshRace: Check = {
  id: 'refresh-race',
  area: 'Sessions',
  title: 'A refresh token has one successor, however many ask at once',
  reason:
    'Read-then-write makes a chain of tokens for each that asks: the thief’s lives on beside the owner’s, unseen.',
  remedy: 'Spend the token by one conditional write; who comes second gets the same successor or is refused.',
  references: ['RFC 9700 §4.14.2', 'CWE-362', 'OWASP ASVS 2.3.3'],
  async run(attack) {
    const token = refreshTokenOf(await attack.signIn(await attack.one()))
    const refresh = (refreshToken: string) =>
      attack.askAnyhow(`mutation { ${attack.field('refresh', { refreshToken })} }`)
    const replies = await Promise.all(Array.from({ length: parallel }, () => refresh(token)))
    if (replies.every(isUnknownToSchema)) throw new NotApplicable('There is no such refresh.')
    if (replies.filter((reply) => !isThrottled(reply)).length < 2)
      throw new Undecided('The server throttles refreshes.')
    const successors = new Set(replies.flatMap((reply) => sessionOf(reply)?.refreshToken ?? []))
    if (successors.size === 0) throw new Undecided(`None of ${parallel} refreshes at once was answered.`)
    if (successors.size === 1) return passed(`${parallel} at once, one successor.`)
    // Several were given out: it matters how many of them live.
    let chains = 0
    let throttled = 0
    for (const each of successors) {
      const reply = await refresh(each)
      if (isThrottled(reply)) throttled += 1
      else if (sessionOf(reply) !== null) chains += 1
    }
    if (chains > 1) return failed(`${parallel} at once made ${chains} chains that live beside each other.`)
    if (throttled > 0) throw new Undecided('The server throttles refreshes.')
    if (chains === 0) throw new Undecided(`${successors.size} successors were given out, and none of them works.`)
    return passed(`${successors.size} successors were given out, and ${chains} of them lives.`)
  },
}
