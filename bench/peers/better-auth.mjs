/**
 * better-auth as its documentation shows it: the MongoDB adapter with its client, so with transactions
 * (better-auth.com/docs/adapters/mongo), sign-in with address and password (…/docs/authentication/email-password), the
 * bearer plugin (…/docs/plugins/bearer), behind Node's own HTTP server (`toNodeHandler` of …/docs/integrations/express),
 * which is the leanest of those it documents.
 *
 * Defaults otherwise: scrypt as it ships, the cookie cache off (nor would it serve bearers), joins off, because they
 * are experimental. Rate limits are off, as are ours where they would be in the way. It makes its indexes by itself.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { betterAuth } from 'better-auth'
import { mongodbAdapter } from 'better-auth/adapters/mongodb'
import { toNodeHandler } from 'better-auth/node'
import { bearer } from 'better-auth/plugins'
import { MongoClient } from 'mongodb'

/** @typedef {import('../../scripts/bench/rows.mjs').World} World */

const password = 'correct horse battery staple'
/** As many as the row `sign-in` has of ours: each signs in in turn. */
const people = 64

/** @param {World} world */
async function start({ mongodbUri }) {
  const client = new MongoClient(mongodbUri)
  await client.connect()
  const db = client.db()
  for (const [name] of collections) await db.createCollection(name)
  const http = createServer()
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const address = http.address()
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  const auth = betterAuth({
    baseURL: origin,
    secret: 'a secret of the bench, which guards nothing',
    database: mongodbAdapter(db, { client }),
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    plugins: [bearer()],
  })
  const handle = toNodeHandler(auth)
  http.on('request', (request, response) => void handle(request, response))
  await auth.$context
  await indexed(db)
  return {
    origin,
    url: `${origin}/api/auth`,
    auth,
    async close() {
      http.closeAllConnections()
      http.close()
      await db.dropDatabase()
      await client.close()
    },
  }
}

/** Its collections, with the number of their indexes. */
const collections = Object.entries({ user: 2, session: 3, account: 2, verification: 2 })

/**
 * It makes its indexes behind its start, all at once. A first sign-up, which is a transaction, can stand in their way
 * for good, and where two are to make the same collection, MongoDB's build for Windows crashes under Wine.
 * @param {import('mongodb').Db} db
 */
async function indexed(db) {
  const countOf = async (/** @type {string} */ name) => (await db.collection(name).indexes()).length
  for (const [name, count] of collections) {
    while ((await countOf(name)) < count) await sleep(20)
  }
}

/** @param {number} index */
const emailOf = (index) => `person.${index}@example.com`

/** The session and its user, both read from MongoDB for each request. @param {World} world */
export async function session(world) {
  const { url, auth, close } = await start(world)
  const { token } = await auth.api.signUpEmail({ body: { email: emailOf(0), password, name: 'Ada Lovelace' } })
  return {
    ask: {
      url: `${url}/get-session`,
      method: 'GET',
      headers: { authorization: `Bearer ${token}` },
      // For a token that it does not know it answers `null`, and 200.
      marker: `"email":"${emailOf(0)}"`,
    },
    close,
  }
}

/** @param {World} world */
export async function signIn(world) {
  const { origin, url, auth, close } = await start(world)
  for (let index = 0; index < people; index++) {
    await auth.api.signUpEmail({ body: { email: emailOf(index), password, name: 'Ada Lovelace' } })
  }
  return {
    ask: {
      url: `${url}/sign-in/email`,
      // Without one it refuses a sign-in that looks like a browser's.
      headers: { 'content-type': 'application/json', origin },
      variants: Array.from({ length: people }, (_, index) => ({
        body: JSON.stringify({ email: emailOf(index), password }),
      })),
      marker: '"token":"',
    },
    close,
  }
}
