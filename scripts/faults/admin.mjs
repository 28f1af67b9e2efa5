import { setTimeout as sleep } from 'node:timers/promises'
import { createClient, deviceOf } from './client.mjs'
import { questions } from './questions.mjs'

/** Whoever administers must have proven themselves less than five minutes ago. */
const proofMs = 180_000
/** Whoever is refused from the first is not who they say: then there is no stage to play on. */
const firstPatienceMs = 30_000
const roleSets = [['member'], ['member', 'support'], ['support']]

/**
 * Suspends, reinstates, gives roles and ends sessions.
 * @param {string} name
 * @param {import('./chance.mjs').Chance} chance
 * @param {import('./client.mjs').Surroundings} surroundings
 * @param {{ email: string, password: string, subjects: readonly string[], longestThoughtMs: number }} office
 */
export async function createAdmin(name, chance, surroundings, { email, password, subjects, longestThoughtMs }) {
  const client = createClient(name, chance, surroundings)
  const { isOver, now } = surroundings
  let provenAt = now()
  let device = await signIn(now() + firstPatienceMs)
  /** @type {Set<string>} */
  const suspended = new Set()

  async function signIn(until = Infinity) {
    const question = { query: questions.signIn, variables: { input: { email, password } } }
    for (;;) {
      provenAt = now()
      const told = await client.askUntilTold('sign-in', question, { password: 'right' })
      if (told.outcome === 'ok') return deviceOf(told.data.signIn)
      if (isOver() || now() > until) throw new Error(`${name} could not sign in: ${told.text}`)
      await sleep(100)
    }
  }

  /**
   * @param {import('./history.mjs').Kind} kind
   * @param {string} query
   * @param {string} userId
   * @param {readonly string[] | null} roles
   */
  async function act(kind, query, userId, roles = null) {
    if (now() - provenAt > proofMs) device = await signIn()
    const question = () => ({ query, variables: { id: userId, roles: roles ?? undefined }, token: device.accessToken })
    for (;;) {
      const { told } = await client.askOnce(kind, question(), { userId, roles, askedBy: device.sessionId })
      if (told.outcome === 'ok') return
      if (isOver()) return
      if (told.reason === 'TOKEN_EXPIRED' && !(await client.refresh(device, 1))) device = await signIn()
      await sleep(chance.between(30, 150))
    }
  }

  async function step() {
    const userId = chance.pick(subjects)
    if (suspended.has(userId)) {
      await act('reinstate', questions.reinstate, userId)
      return suspended.delete(userId)
    }
    const kind = chance.weighted([
      [3, /** @type {const} */ ('suspend')],
      [3, /** @type {const} */ ('set-roles')],
      [1, /** @type {const} */ ('revoke-user')],
    ])
    if (kind === 'set-roles') return act(kind, questions.setRoles, userId, chance.pick(roleSets))
    if (kind === 'revoke-user') return act(kind, questions.revokeUser, userId)
    suspended.add(userId)
    return act(kind, questions.suspend, userId)
  }

  return {
    name,
    client,
    /** @param {string} userId */
    suspend: (userId) => act('suspend', questions.suspend, userId),
    async live() {
      while (!isOver()) {
        await step()
        await sleep(chance.between(0, longestThoughtMs))
      }
    },
    async end() {
      client.beginEnd()
      await client.refresh(device, 1)
    },
  }
}

/**
 * Has no account and tries what there is to try.
 * @param {string} name
 * @param {import('./chance.mjs').Chance} chance
 * @param {import('./client.mjs').Surroundings} surroundings
 * @param {{ subjects: readonly string[], tokens: () => readonly string[], longestThoughtMs: number }} office
 */
export function createStranger(name, chance, surroundings, { subjects, tokens, longestThoughtMs }) {
  const client = createClient(name, chance, surroundings)
  return {
    name,
    client,
    async live() {
      while (!surroundings.isOver()) {
        const variables = { id: chance.pick(subjects) }
        const stolen = tokens()
        const forged = stolen.length === 0 ? undefined : forge(chance.pick(stolen), chance)
        const question = chance.pick([
          { query: questions.me },
          { query: questions.user, variables },
          { query: questions.me, token: forged },
          { query: questions.user, variables, token: forged },
        ])
        await client.askOnce('stranger', question, {})
        await sleep(chance.between(0, longestThoughtMs * 2))
      }
    },
    async end() {},
  }
}

/**
 * A token with one letter of its signature changed.
 * @param {string} accessToken
 * @param {import('./chance.mjs').Chance} chance
 */
function forge(accessToken, chance) {
  const at = accessToken.lastIndexOf('.') + 1 + chance.below(80)
  return accessToken.slice(0, at) + (accessToken[at] === 'A' ? 'B' : 'A') + accessToken.slice(at + 1)
}
