import { setTimeout as sleep } from 'node:timers/promises'
import { password } from '../growth/population.mjs'
import { environmentFor } from '../growth/note.mjs'
import { seed } from '../growth/seed.mjs'
import { working } from '../../setup/say.mjs'
import { createClient, inParallel, patient } from '../graphql-client.mjs'
import { startServer } from '../server-process.mjs'
import { spreadOf } from '../statistics.mjs'
import { showTokens } from '../token-flood.mjs'
import { dropDatabase } from '../throw-away.mjs'

/** As many as the goal speaks of, and as many as there is time for in the whole bench: more than any cache holds. */
const counts = {
  full: { tokens: 1_000_000, addresses: 1_000_000, people: 100_000 },
  usual: { tokens: 40_000, addresses: 10_000, people: 40_000 },
}
const connections = 32
/** Failures after which an address is refused; the window is longer than any run. */
const networkFailures = 5
/** Among so many others, the attacker tries once. */
const attackEvery = 500
const settleMs = 5_000
const warmUpTokens = 2_000

/**
 * By HTTP, against the built service: every token is signed and of another session than those before it, every address
 * is a network of its own.
 * @type {import('../process-rows.mjs').ProcessRow}
 */
export default {
  name: 'memory',
  title: 'what the process holds: idle, after many access tokens, after many addresses at the throttle',
  async measure({ databaseAt, full }) {
    const { tokens, addresses, people } = full ? counts.full : counts.usual
    const population = { seed: 'memory', users: people, sessionsPerUser: 1, spentTokens: 0 }
    const uri = databaseAt('memory')
    await seed(uri, { population })
    const env = environmentFor(population, uri)
    const limits = { networkFailures, networkWindowMs: 1_000_000_000, accountFailures: 1_000 }
    const server = await startServer({ ...env, RATE_LIMITS: JSON.stringify(limits) })
    const client = createClient(server.url, { connections })
    try {
      const idle = await residentMB(server)
      const read = async (/** @type {string} */ what, /** @type {number | null} */ atMost) =>
        growth(what, atMost, idle, await residentMB(server))
      await showTokens(client, { env, population, first: 0, count: warmUpTokens, atOnce: connections })
      const warm = await read(`more after ${warmUpTokens.toLocaleString('en')} tokens`, null)
      working(`showing ${tokens.toLocaleString('en')} tokens`)
      const further = tokens - warmUpTokens
      await showTokens(client, { env, population, first: warmUpTokens, count: further, atOnce: connections })
      const afterTokens = await read(`more after ${tokens.toLocaleString('en')} tokens`, 64)
      working(`coming by from ${addresses.toLocaleString('en')} addresses`)
      const letThrough = await comeByAddresses(client, addresses)
      const afterAddresses = await read(`and after ${addresses.toLocaleString('en')} addresses`, 64)
      // At the very end: a collection that the process did not make itself would help it.
      const { heapUsed } = await server.usage({ collect: true })
      return [
        { what: 'idle', unit: 'MB', atMost: 150, got: idle, note: '' },
        warm,
        afterTokens,
        { ...afterAddresses, note: `${Math.round(heapUsed / 1e6)} MB of heap in use`, facts: { heapUsed } },
        { what: 'attacks let through', unit: 'attempts', atMost: 0, got: spreadOf([letThrough]), note: '' },
      ]
    } finally {
      client.close()
      await server.stop()
      await dropDatabase(uri)
    }
  },
}

/** @typedef {ReturnType<typeof createClient>} Client */

/**
 * Strangers with wrong passwords, each from a network of its own, and among them one who never stops.
 * @param {Client} client
 * @param {number} count
 * @returns {Promise<number>} how often the one was let through to a proof after it was refused first
 */
async function comeByAddresses(client, count) {
  const ask = patient(client.ask)
  const attacker = '2001:db8:ffff:ffff::1'
  let attacks = 0
  const reasonOf = async (/** @type {string} */ address, /** @type {string} */ name) => {
    const input = { email: `${name}@example.com`, password }
    const operation = {
      query: 'mutation ($input: SignInInput!) { signIn(input: $input) { __typename } }',
      variables: { input },
    }
    const { errors } = await ask(operation, { 'x-forwarded-for': address })
    return errors[0]?.extensions?.['code']
  }
  const attack = () => reasonOf(attacker, `victim.${attacks++}`)
  for (let failure = 0; failure < networkFailures; failure++) await attack()
  if ((await attack()) !== 'RATE_LIMITED') throw new Error('The attacker was not refused to begin with')

  let letThrough = 0
  await inParallel(count, connections / 2, async (index) => {
    const code = await reasonOf(
      `2001:db8:${(index >> 16).toString(16)}:${(index & 0xffff).toString(16)}::1`,
      `nobody.${index}`,
    )
    if (code !== 'UNAUTHENTICATED') throw new Error(`A stranger got ${String(code)}`)
    if (index % attackEvery === 0 && (await attack()) !== 'RATE_LIMITED') letThrough += 1
  })
  if ((await attack()) !== 'RATE_LIMITED') letThrough += 1
  return letThrough
}

/** @param {import('../server-process.mjs').Server} server */
async function residentMB(server) {
  const samples = []
  for (let sample = 0; sample < 5; sample++) {
    await sleep(settleMs / 5)
    samples.push((await server.usage()).rss / 1e6)
  }
  return spreadOf(samples)
}

/**
 * @param {string} what
 * @param {number | null} atMost
 * @param {import('../statistics.mjs').Spread} idle
 * @param {import('../statistics.mjs').Spread} now
 * @returns {import('../process-rows.mjs').Reading}
 */
function growth(what, atMost, idle, now) {
  const [median, min, max] = [now.median, now.min, now.max].map((each) => each - idle.median)
  const got = { median: median ?? Number.NaN, min: min ?? Number.NaN, max: max ?? Number.NaN }
  return { what, unit: 'MB', atMost, got, note: '' }
}
