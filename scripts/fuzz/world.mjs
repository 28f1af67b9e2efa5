import mongoose from 'mongoose'
import { randomBytes } from 'node:crypto'
import { password } from './values.mjs'

/**
 * Who is there while the requests come: somebody without rights, somebody with all of them, and somebody whose data
 * nobody else may see; and two more who can be spared, and to whom anything may happen.
 *
 * @typedef {{ userId: string, sessionId: string, accessToken: string, refreshToken: string, email: string }} Actor
 * @typedef {'member' | 'admin' | 'victim' | 'spareMember' | 'spareAdmin'} Name
 *
 * @typedef {object} World
 * @property {(name: Name) => Actor} actor
 * @property {() => import('./plausible.mjs').Known} known
 * @property {string} pageOrigin of an allowed page
 * @property {string} routerSecret
 */

const member = ['member']
const admin = ['member', 'admin']
const roles = { member, admin, victim: member, spareMember: member, spareAdmin: admin }
const names = /** @type {const} */ (['member', 'admin', 'victim', 'spareMember', 'spareAdmin'])
const signedIn = '{ ... on SignedIn { user { id } session { id } tokens { accessToken refreshToken } } }'

/**
 * @param {{ url: string, mongodbUri: string, pageOrigin: string, routerSecret: string, onTokens: (actor: Actor) => void }} where
 */
export async function createWorld({ url, mongodbUri, pageOrigin, routerSecret, onTokens }) {
  const connection = await mongoose.createConnection(mongodbUri).asPromise()
  /** @type {Map<Name, Actor>} */
  const actors = new Map()

  /** @param {Name} name */
  async function signUp(name) {
    const email = `${name}.${randomBytes(6).toString('hex')}@people.example`
    const answer = await ask(url, `mutation ($i: SignUpInput!) { signUp(input: $i) ${signedIn} }`, { email, password })
    if (answer === null) throw new Error(`${name} could not sign up`)
    await setRoles(answer.user.id, roles[name])
    return actorOf(answer, email)
  }

  /** @param {string} id @param {readonly string[]} given */
  const setRoles = (id, given) =>
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- ids are texts here, which the driver's types do not know
    connection.collection('users').updateOne(/** @type {object} */ ({ _id: id }), { $set: { roles: given } })

  /** @param {Name} name */
  function actor(name) {
    const found = actors.get(name)
    if (found === undefined) throw new Error(`There is no ${name} yet`)
    return found
  }

  /** @param {Name} name @param {Actor} actor */
  function enter(name, actor) {
    onTokens(actor)
    actors.set(name, actor)
  }

  for (const name of names) enter(name, await signUp(name))

  return {
    actor,
    pageOrigin,
    routerSecret,
    /** What a request can name. What may be destroyed is of those who can be spared. */
    known() {
      const [spare, victim] = [actor('spareMember'), actor('victim')]
      return {
        ids: [spare.userId, spare.sessionId, actor('spareAdmin').userId, `usr_${'0'.repeat(26)}`],
        emails: [spare.email, victim.email],
        refreshToken: spare.refreshToken,
      }
    },
    /** @param {readonly Name[]} [whom] They have a fresh session and the rights of the beginning; or somebody new has. */
    async renew(whom = names) {
      for (const name of whom) {
        const { email, userId } = actor(name)
        await setRoles(userId, roles[name])
        const answer = await ask(url, `mutation ($i: SignInInput!) { signIn(input: $i) ${signedIn} }`, {
          email,
          password,
        })
        enter(name, answer === null ? await signUp(name) : actorOf(answer, email))
      }
    },
    /** @returns {Promise<import('./judge.mjs').Secrets>} */
    async secrets() {
      const collections = ['credentials', 'devices', 'identifiers', 'keys', 'sessions', 'users']
      const documents = await Promise.all(
        collections.map((name) => connection.collection(name).find().limit(100).toArray()),
      )
      const strings = documents.flat().flatMap(stringsIn)
      const digests = new Set(
        strings.filter((text) => /^[A-Za-z0-9_+/-]{20,}$/.test(text) && !/^(usr|ses|srv|dev)_/.test(text)),
      )
      const { email } = actor('victim')
      return { digests, texts: [password], others: [email] }
    },
    async close() {
      await connection.dropDatabase()
      await connection.close()
    },
  }
}

/** @param {any} answer @param {string} email @returns {Actor} */
function actorOf({ user, session, tokens }, email) {
  return { userId: user.id, sessionId: session.id, ...tokens, email }
}

/**
 * The one field of the answer, or null when there were errors.
 * @param {string} url
 * @param {string} query
 * @param {object} input
 */
async function ask(url, query, input) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { i: input } }),
  })
  const { data, errors } = JSON.parse(await response.text())
  return errors === undefined ? Object.values(data)[0] : null
}

/** Every text in a document, however deep. @param {unknown} value @returns {string[]} */
function stringsIn(value) {
  // A hash and a seal are several parts in one text.
  if (typeof value === 'string') return value.split(/[$.]/)
  if (typeof value !== 'object' || value === null || value instanceof Date) return []
  if ('_bsontype' in value && 'buffer' in value && value.buffer instanceof Uint8Array)
    return [Buffer.from(value.buffer).toString('base64url')]
  // The halves of keys that everybody may have.
  return Object.entries(value).flatMap(([name, part]) => (name === 'publicJwk' ? [] : stringsIn(part)))
}
