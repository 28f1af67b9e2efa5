/** One of the two databases, with a server of its own: signs its people in and refreshes their sessions. */
import { randomInt } from 'node:crypto'
import mongoose from 'mongoose'
import { Failure } from '../../setup/say.mjs'
import { createClient, patient } from '../graphql-client.mjs'
import { startServer } from '../server-process.mjs'
import { ownerIndex, password, sessionAt, sessionCount, spread, userAt } from './population.mjs'
import { environmentFor, takePicks } from './note.mjs'
import { compareShapes } from './shapes.mjs'

/**
 * @typedef {import('./population.mjs').Population} Population
 * @typedef {import('../graphql-client.mjs').Asked} Asked
 * @typedef {Awaited<ReturnType<typeof openSide>>} Side
 */

const signedIn = 'user { id } session { id } tokens { refreshToken }'
const signUp = `mutation ($input: SignUpInput!) { signUp(input: $input) { ... on SignedIn { ${signedIn} } } }`
const signIn = `mutation ($input: SignInInput!) { signIn(input: $input) { ... on SignedIn { ${signedIn} } } }`
const refresh = `mutation ($input: RefreshInput) { refreshSession(input: $input) { ${signedIn} } }`

/**
 * @param {string} mongodbUri
 * @param {Population} population
 * @param {{ connections: number }} options
 */
export async function openSide(mongodbUri, population, { connections }) {
  const server = await startServer(environmentFor(population, mongodbUri))
  const database = await mongoose.createConnection(mongodbUri).asPromise()
  const client = createClient(server.url, { connections })
  const ask = patient(client.ask)
  const sessions = sessionCount(population)
  let pick = 0

  return {
    population,
    database,
    /** For so many more requests of each kind, to users and sessions that nobody has asked for yet. */
    async take(/** @type {number} */ count) {
      const first = await takePicks(database, count)
      if (first + count > sessions) throw new Failure(`All ${sessions} sessions are used up: --fresh makes new ones`)
      pick = first
    },
    next: () => pick++,

    /** @returns {Promise<number>} milliseconds */
    async signIn(/** @type {number} */ pick) {
      const { id, email } = userAt(population, spread(pick, population.users))
      return msOf(await ask({ query: signIn, variables: { input: { email, password } } }, fromAnywhere()), id)
    },

    /** @returns {Promise<number>} milliseconds */
    async refresh(/** @type {number} */ pick) {
      const index = spread(pick, sessions)
      const asked = await ask({
        query: refresh,
        variables: { input: { refreshToken: tokenOf(population, index) } },
      })
      return msOf(asked, userAt(population, ownerIndex(population, index)).id)
    },

    /** Somebody signs up, and what the service writes for that is compared with what was seeded. */
    async checkShapes() {
      const email = `written.${Date.now()}@example.com`
      const { data, errors } = await ask({
        query: signUp,
        variables: { input: { email, password, displayName: 'Ada' } },
      })
      if (data?.signUp?.user === undefined) throw new Failure(`Nobody can sign up: ${errors[0]?.message}`)
      const { user, tokens } = data.signUp
      await ask({ query: refresh, variables: { input: { refreshToken: tokens.refreshToken } } })
      const seeded = userAt(population, spread(pick, population.users)).id
      await compareShapes(database.getClient().db(database.name), { seeded, written: user.id })
    },

    async close() {
      client.close()
      await database.close()
      await server.stop()
    },
  }
}

/** @param {Population} population @param {number} index */
function tokenOf(population, index) {
  const { id, familySecret, tokenSecret } = sessionAt(population, index)
  return `${id}.${familySecret}.${tokenSecret}`
}

/** People are not all behind one address, whose counter every sign-in would then write. */
function fromAnywhere() {
  return { 'x-forwarded-for': `10.${randomInt(256)}.${randomInt(256)}.${randomInt(256)}` }
}

/**
 * @param {Asked} asked
 * @param {string} userId who it must be
 */
function msOf({ data, errors, status, ms }, userId) {
  const answer = data?.signIn ?? data?.refreshSession
  if (answer?.user?.id !== userId) {
    throw new Failure(`A seeded user was not served: ${status} ${errors[0]?.message ?? 'as somebody else'}`)
  }
  return ms
}
