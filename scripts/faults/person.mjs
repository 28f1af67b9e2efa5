import { setTimeout as sleep } from 'node:timers/promises'
import { createClient, deviceOf, digestOf } from './client.mjs'
import { questions } from './questions.mjs'

/**
 * @typedef {import('./client.mjs').Device} Device
 * @typedef {Awaited<ReturnType<typeof createPerson>>} Person
 */

/** How old a spent token may be when a slow tab presents it again; far from the grace, as correct clients stay. */
const slowTabMs = 4_000
/** So long a change that nobody answered for may still happen. */
const doubtMs = 15_000
const mostDevices = 3
const mostGhosts = 6

/**
 * Somebody with an account and some devices, who behaves as clients should: who gets no answer asks again, and who is
 * refused signs in again, never before.
 * @param {string} name
 * @param {import('./chance.mjs').Chance} chance
 * @param {import('./client.mjs').Surroundings} surroundings
 * @param {{ longestThoughtMs: number }} pace
 */
export async function createPerson(name, chance, surroundings, { longestThoughtMs }) {
  const client = createClient(name, chance, surroundings)
  const { isOver, now } = surroundings
  const email = `${name}.${Math.floor(chance.next() * 1e9)}@example.com`
  /** @type {Device[]} */
  const devices = []
  /** Devices whose session has ended; what they hold must be worth nothing. @type {Device[]} */
  const ghosts = []
  let password = `correct horse battery ${name} 0`
  /** @type {{ password: string, since: number } | null} */
  let doubtful = null
  /** @type {string | null} */
  let replaced = null
  let changes = 0
  const first = await client.signUp({ email, password })
  devices.push(first)
  const { userId } = first

  /** @param {Device} device */
  function bury(device) {
    const index = devices.indexOf(device)
    if (index >= 0) devices.splice(index, 1)
    ghosts.push(device)
    if (ghosts.length > mostGhosts) ghosts.shift()
  }

  /** @param {string} tried @param {import('./history.mjs').Operation['password']} known */
  async function trySignIn(tried, known) {
    const question = { query: questions.signIn, variables: { input: { email, password: tried } } }
    const { told } = await client.askOnce('sign-in', question, { userId, password: known })
    if (told.outcome === 'ok') devices.push(deviceOf(told.data.signIn))
    return told
  }

  async function signIn() {
    if (doubtful === null) return void (await trySignIn(password, 'right'))
    const before = password
    const { outcome } = await trySignIn(doubtful.password, 'in doubt')
    if (outcome === 'ok') {
      password = doubtful.password
      replaced = before
      doubtful = null
      return
    }
    const old = await trySignIn(password, 'in doubt')
    if (old.outcome === 'ok' && now() - doubtful.since > doubtMs) doubtful = null
  }

  /** @param {Device} device */
  async function look(device) {
    const told = await client.me(device)
    if (told.outcome === 'refused') await refresh(device)
  }

  /** @param {Device} device */
  async function refresh(device) {
    const tabs = chance.weighted([
      [6, 1],
      [3, 2],
      [1, 4],
    ])
    if (!(await client.refresh(device, tabs))) bury(device)
  }

  /** A slow answer had put an older token back. @param {Device} device */
  async function refreshWithOlder(device) {
    const { before } = device
    if (before === null || now() - before.askedAt > slowTabMs) return
    const told = await client.present(device, before.refreshToken)
    if (told.outcome === 'refused') bury(device)
  }

  /** @param {Device} device */
  async function signOut(device) {
    const variables = { token: device.refreshToken }
    const about = { userId, sessionId: device.sessionId }
    const { outcome } = await client.askUntilTold('sign-out', { query: questions.signOut, variables }, about)
    if (outcome === 'ok' || outcome === 'refused') bury(device)
  }

  /** @param {Device} device */
  async function revokeAnother(device) {
    const other = devices.find((each) => each !== device)
    if (other === undefined) return
    const question = { query: questions.revoke, variables: { id: other.sessionId }, token: device.accessToken }
    const about = { userId, sessionId: other.sessionId, askedBy: device.sessionId }
    const { outcome } = await client.askUntilTold('revoke', question, about)
    if (outcome === 'ok') bury(other)
    else await look(device)
  }

  /** @param {Device} device */
  async function changePassword(device) {
    if (doubtful !== null) return
    const next = `correct horse battery ${name} ${(changes += 1)}`
    const input = { currentPassword: password, newPassword: next }
    const question = { query: questions.changePassword, variables: { input }, token: device.accessToken }
    const about = { userId, askedBy: device.sessionId, keptSessionId: device.sessionId }
    const { told } = await client.askOnce('change-password', question, about)
    if (told.outcome === 'ok') {
      replaced = password
      password = next
      for (const other of devices.filter((each) => each !== device)) bury(other)
    } else if (told.outcome === 'refused') await look(device)
    else if (told.outcome !== 'not-sent') doubtful = { password: next, since: now() }
  }

  async function haunt() {
    if (ghosts.length === 0) return
    const ghost = chance.pick(ghosts)
    if (chance.happens(0.7)) await client.me(ghost)
    else
      await client.askOnce(
        'refresh',
        { query: questions.refresh, variables: { token: ghost.refreshToken } },
        {
          userId,
          sessionId: ghost.sessionId,
          presented: digestOf(ghost.refreshToken),
        },
      )
  }

  async function tryReplaced() {
    if (replaced !== null) await trySignIn(replaced, doubtful?.password === replaced ? 'in doubt' : 'replaced')
  }

  async function step() {
    const device = devices.length === 0 ? null : chance.pick(devices)
    if (device === null) return signIn()
    const act = chance.weighted([
      [40, () => look(device)],
      [25, () => refresh(device)],
      [4, () => refreshWithOlder(device)],
      [devices.length < mostDevices ? 8 : 0, signIn],
      [3, () => signOut(device)],
      [3, () => revokeAnother(device)],
      [3, () => changePassword(device)],
      [8, haunt],
      [1, tryReplaced],
    ])
    await act()
  }

  return {
    name,
    userId,
    email,
    devices,
    client,
    async live() {
      while (!isOver()) {
        await step()
        await sleep(chance.between(0, longestThoughtMs))
      }
    },
    /** When all faults are over: whoever was signed in still is, nobody else is, and the password is the last one. */
    async end() {
      client.beginEnd()
      const kept = [...devices]
      for (const device of kept) {
        if (!(await client.refresh(device, 1))) bury(device)
        else await client.me(device)
      }
      for (const ghost of ghosts) {
        await client.me(ghost)
        await client.present(ghost, ghost.refreshToken)
      }
      if (doubtful === null) await trySignIn(password, 'right')
    },
  }
}
