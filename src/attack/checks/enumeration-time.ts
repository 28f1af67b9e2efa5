import type { Attack } from '../attack.js'
import { failed, passed, Undecided, type Check } from '../check.js'
import { judgeShift, median, shiftBetween, type Shift } from '../statistics.js'

/** What the way through a network hides. */
const leastToleranceMs = 5
/** Of fewer, all may lie on one side by chance. */
const leastSamples = 8

export const enumerationTime: Check = {
  id: 'enumeration-time',
  area: 'Sign-in',
  title: 'A refused sign-in takes as long for an unknown account',
  reason: 'Where the password is hashed for known addresses only, a stopwatch tells who has an account.',
  remedy: 'Hash against a decoy when there is no account.',
  references: ['OWASP ASVS 6.3.8', 'CWE-208'],
  async run(attack) {
    const { samples } = attack.settings
    if (samples < leastSamples) throw new Undecided(`${samples} pairs prove nothing: it takes ${leastSamples}.`)
    const first = await measure(attack, samples)
    const verdict = judgeShift(first.shift, first.toleranceMs)
    if (verdict === 'alike') return passed(`No difference: ${describe(first.shift)} over ${samples} pairs.`)
    if (verdict === 'unclear') throw new Undecided(`Too noisy: ${describe(first.shift)} over ${samples} pairs.`)
    // Whatever disturbed the machine for a second does not do it twice in the same direction.
    const second = await measure(attack, Math.ceil(samples * 0.75))
    const isSame =
      judgeShift(second.shift, second.toleranceMs) === 'apart' && second.shift.low > 0 === first.shift.low > 0
    if (!isSame) throw new Undecided(`${describe(first.shift)}, and then ${describe(second.shift)}.`)
    return failed(
      `A known address takes ${describe(first.shift)} more than an unknown one, and again ${describe(second.shift)}.`,
    )
  },
}

interface Measured {
  readonly shift: Shift
  readonly toleranceMs: number
}

/**
 * In turns, so that what slows the machine down slows both down. After three wrong passwords the right one, which is
 * not timed: so the account of ours is never braked, and the unknown address is a new one each time.
 */
async function measure(attack: Attack, samples: number): Promise<Measured> {
  const { email, password } = await attack.one()
  const times = { known: [] as number[], unknown: [] as number[] }
  const wrong = attack.stranger().password
  const timed = async (address: string) =>
    (await attack.ask(`mutation { ${attack.field('signIn', { email: address, password: wrong })} }`)).ms
  await attack.signIn({ email, password })
  for (let sample = 0; sample < samples; sample += 1) {
    const isKnownFirst = sample % 2 === 0
    if (isKnownFirst) times.known.push(await timed(email))
    times.unknown.push(await timed(attack.stranger().email))
    if (!isKnownFirst) times.known.push(await timed(email))
    if (sample % 3 === 2) await attack.signIn({ email, password })
  }
  await attack.signIn({ email, password })
  const toleranceMs = Math.max(leastToleranceMs, 0.15 * Math.min(median(times.known), median(times.unknown)))
  return { shift: shiftBetween(times.unknown, times.known), toleranceMs }
}

const describe = ({ estimate, low, high }: Shift): string =>
  `${estimate.toFixed(1)} ms (${low.toFixed(1)} to ${high.toFixed(1)})`
