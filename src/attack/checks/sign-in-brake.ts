import type { Attack, Person } from '../attack.js'
import { failed, NotApplicable, passed, Undecided, type Check, type Finding } from '../check.js'
import { isThrottled, retryAfterMs, sessionOf } from '../reply.js'

const most = 20
/** Longer than this, and whoever knows an address keeps its owner out. */
const longestWaitMs = 70_000

/** On an account of our own: it is braked for some seconds, and then proven to be usable again. */
export const signInBrake: Check = {
  id: 'sign-in-brake',
  area: 'Sign-in',
  title: 'Wrong passwords are braked, and the owner still gets in',
  reason: 'Without a brake a list of common passwords opens accounts; with a lock anybody can keep the owner out.',
  remedy:
    'Delay further tries per account and per network, growing, up to a minute; do not lock. Count on the account.',
  references: ['OWASP ASVS 6.3.1', 'OWASP API2:2023', 'NIST SP 800-63B-4 §3.2.2', 'CWE-307', 'CWE-645'],
  async run(attack) {
    const person = await attack.signedIn()
    if (!person.isOurs) throw new NotApplicable('A given account is not braked.')
    const wrongTries = await triesUntilBraked(attack, person)
    const passable = wrongTries === null ? false : await isPassedByForgedAddress(attack, person)
    const owner = await ownerGetsIn(attack, person)
    if (wrongTries === null) return failed(`${most} wrong passwords in a row were all looked at.`)
    if (passable) return failed('The brake is passed with another X-Forwarded-For in each request.')
    return owner ?? passed(`Braked after ${wrongTries} wrong passwords; the right one gets in afterwards.`)
  },
}

const signInField = (attack: Attack, email: string, password: string) =>
  `mutation { ${attack.field('signIn', { email, password })} }`

async function triesUntilBraked(attack: Attack, { email }: Person): Promise<number | null> {
  for (let wrong = 1; wrong <= most; wrong += 1) {
    if (isThrottled(await attack.askAnyhow(signInField(attack, email, attack.stranger().password)))) return wrong - 1
  }
  return null
}

/** Three in a row: one may come just when a delay is over. */
async function isPassedByForgedAddress(attack: Attack, { email }: Person): Promise<boolean> {
  for (const last of [7, 8, 9]) {
    const headers = { 'x-forwarded-for': `203.0.113.${last}`, 'x-real-ip': `203.0.113.${last}` }
    const query = signInField(attack, email, attack.stranger().password)
    if (isThrottled(await attack.askAnyhow(query, { headers }))) return false
  }
  return true
}

/** Null when all is well. */
async function ownerGetsIn(attack: Attack, { email, password }: Person): Promise<Finding | null> {
  let waitedMs = 0
  for (;;) {
    const reply = await attack.askAnyhow(signInField(attack, email, password))
    if (sessionOf(reply) !== null) return null
    const pauseMs = isThrottled(reply) ? retryAfterMs(reply) : 1_000
    waitedMs += pauseMs
    if (waitedMs > (isThrottled(reply) ? longestWaitMs : 5_000)) {
      await demandOthersGetIn(attack)
      return failed(
        `The right password is refused for longer than ${Math.floor((waitedMs - pauseMs) / 1000)} s: anybody can lock anybody out.`,
      )
    }
    await attack.client.wait(pauseMs)
  }
}

/** Where nobody gets in, it is the network that is braked, and nothing is known of the account. */
async function demandOthersGetIn(attack: Attack): Promise<void> {
  const { email, password } = await attack.two()
  const reply = await attack.askAnyhow(signInField(attack, email, password))
  if (isThrottled(reply)) throw new Undecided('Nobody gets in from here: the whole network is throttled.')
}
