import { inParallel, patient } from './graphql-client.mjs'
import { sessionAt, userAt } from './growth/population.mjs'
import { createMinter } from './minter.mjs'

/**
 * Shows the service access tokens that it has not seen before, each with another session than those before it.
 * @param {ReturnType<typeof import('./graphql-client.mjs').createClient>} client
 * @param {object} which
 * @param {Record<string, string>} which.env of the server
 * @param {import('./growth/population.mjs').Population} which.population with a session for each user
 * @param {number} which.first
 * @param {number} which.count
 * @param {number} which.atOnce
 */
export async function showTokens(client, { env, population, first, count, atOnce }) {
  const ask = patient(client.ask)
  const minter = await createMinter(env)
  try {
    await inParallel(count, atOnce, async (index) => {
      const person = (first + index) % population.users
      const token = await minter.mint(userAt(population, person).id, sessionAt(population, person).id)
      const { data, errors } = await ask({ query: '{ viewer { kind } }' }, { authorization: `Bearer ${token}` })
      if (data?.viewer?.kind !== 'PERSON') throw new Error(`A token was refused: ${errors[0]?.message}`)
    })
  } finally {
    await minter.close()
  }
}
