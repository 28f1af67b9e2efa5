/** What the rows about second factors have in common: people who have one, and proofs that are right each time. */
import { TOTP } from 'otpauth'
import { password, startMeasured } from './portcullis.mjs'
import { registerPeople } from './sign-ins.mjs'

const howMany = 64

/**
 * @typedef {import('../../dist/app.js').App} App
 * @typedef {import('../../dist/kernel/caller.js').Person} Person
 * @typedef {import('../../dist/mfa/service.js').ProvenFactor} ProvenFactor
 * @typedef {(turn: number) => Promise<ProvenFactor | null>} Verify the first time, the second time …
 *
 * @typedef {object} Factor
 * @property {number} uses of one person, until what is spent is given back
 * @property {boolean} [isUsed] false: it is verified and no more
 * @property {(app: App, enrolled: Enrolled) => Verify | Promise<Verify>} proving
 *
 * @typedef {object} Enrolled
 * @property {string} userId
 * @property {() => string} code that the app shows now
 * @property {readonly string[]} recoveryCodes
 */

/**
 * The service alone is asked for one right proof after the other: no HTTP, no GraphQL, no throttle. In it is what our
 * process takes for the reads and writes of a proof, and not what MongoDB takes for them. Each proof is used in a
 * transaction of its own: a sign-in has one already, for its challenge.
 * @param {string} mongodbUri
 * @param {Factor} factor
 * @returns {Promise<import('./rows.mjs').Side>}
 */
export async function openProving(mongodbUri, { uses, isUsed = true, proving }) {
  const portcullis = await startMeasured(mongodbUri)
  const { app, close } = portcullis
  /** @type {Verify[]} */
  const people = []
  for (const email of await registerPeople(portcullis, howMany)) {
    people.push(await proving(app, await enrol(app, email)))
  }
  // A mail about a used code is written behind the answer, and by whichever instance.
  await app.mail.stop()
  const authenticators = app.database.connection.collection('authenticators')
  const unused = (await authenticators.find({}).toArray()).map(({ _id, ...enrolled }) => ({
    replaceOne: { filter: { _id }, replacement: 'lastStep' in enrolled ? { ...enrolled, lastStep: 0 } : enrolled },
  }))
  let asked = 0
  return {
    async ask() {
      const [turn, round] = [asked % howMany, Math.floor(asked / howMany) % uses]
      asked += 1
      // Once for all of them, so that it is a small part of each.
      if (turn === 0 && round === 0) await authenticators.bulkWrite(unused)
      const proven = (await people[turn]?.(round)) ?? null
      const isRight = proven !== null && (!isUsed || (await app.database.transact((tx) => app.mfa.use(tx, proven))))
      return JSON.stringify(isRight ? { data: true } : { errors: [{ message: 'a right proof was refused' }] })
    },
    close,
  }
}

/**
 * @param {App} app
 * @param {string} email
 * @returns {Promise<Enrolled>}
 */
async function enrol(app, email) {
  const arrival = {
    ip: '127.0.0.1',
    device: { name: 'bench', ipPrefix: null },
    delivery: /** @type {const} */ ('body'),
    deviceTokens: [],
  }
  const signedIn = await app.signIn.signIn({ email, password }, arrival)
  const person = 'access' in signedIn ? await app.callers.resolve(signedIn.access.accessToken) : null
  if (person?.kind !== 'person') throw new Error('Somebody new was not signed in')
  const { secret } = await app.mfa.beginTotp(person)
  const totp = new TOTP({ secret })
  const recoveryCodes = await app.mfa.confirmTotp(person, totp.generate())
  let shown = { counter: -1, code: '' }
  return {
    userId: person.userId,
    recoveryCodes,
    code() {
      const counter = totp.counter()
      // Made once in half a minute: the phone's work is none of ours.
      if (counter !== shown.counter) shown = { counter, code: totp.generate() }
      return shown.code
    },
  }
}
