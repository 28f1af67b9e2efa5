import { createClient } from './client.mjs'

/**
 * When all faults are over everybody is answered, by each of the servers. What was said is judged by the history; here
 * it is that something was said at all.
 * @param {readonly { end: () => Promise<void> }[]} everybody
 * @param {readonly import('./server.mjs').Server[]} servers
 * @param {import('./client.mjs').Surroundings} surroundings
 * @param {import('./chance.mjs').Chance} chance
 * @returns {Promise<string[]>} whatever nobody answered
 */
export async function askForTheLastTime(everybody, servers, surroundings, chance) {
  const asked = await Promise.allSettled([
    ...everybody.map((each) => each.end()),
    ...servers.map((server) => refreshAt(server, surroundings, chance.fork(`last ${server.index}`))),
  ])
  return asked.flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : []))
}

/**
 * Past whatever would choose another one.
 * @param {import('./server.mjs').Server} server
 * @param {import('./client.mjs').Surroundings} surroundings
 * @param {import('./chance.mjs').Chance} chance
 */
async function refreshAt(server, surroundings, chance) {
  const name = `last${server.index}`
  const route = () => ({ server, port: server.port })
  const client = createClient(name, chance, { ...surroundings, route })
  client.beginEnd()
  const email = `${name}.${chance.below(1e9)}@example.com`
  const device = await client.signUp({ email, password: `correct horse battery ${name}` })
  if (!(await client.refresh(device, 1))) throw new Error(`Server ${server.index} refuses a refresh`)
}
