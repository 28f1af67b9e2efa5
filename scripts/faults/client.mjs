import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { questions } from './questions.mjs'

/**
 * @typedef {import('./history.mjs').Kind} Kind
 * @typedef {import('./history.mjs').About} About
 * @typedef {import('./history.mjs').Operation} Operation
 * @typedef {import('./ask.mjs').Told} Told
 *
 * What a client needs of the world it is in.
 * @typedef {object} Surroundings
 * @property {import('./ask.mjs').Ask} ask
 * @property {(chance: import('./chance.mjs').Chance) => { port: number, server: import('./server.mjs').Server }} route
 * @property {import('./history.mjs').History} history
 * @property {() => number} now
 * @property {() => boolean} isOver no more new tries
 *
 * One sign-in, as a client keeps it.
 * @typedef {object} Device
 * @property {string} userId
 * @property {string} sessionId
 * @property {string} accessToken
 * @property {string} refreshToken
 * @property {{ refreshToken: string, askedAt: number } | null} before the refresh token that was traded for this one
 *
 * @typedef {ReturnType<typeof createClient>} Client
 */

/** When all faults are over, whoever asks is answered within this time. */
const endPatienceMs = 30_000

/** As the service keeps it: of the last part, which is the one that is spent. @param {string} refreshToken */
export function digestOf(refreshToken) {
  return createHash('sha256')
    .update(refreshToken.split('.')[2] ?? '')
    .digest('base64url')
}

/**
 * Asks, writes down what it was told, and asks again where a correct client does.
 * @param {string} name
 * @param {import('./chance.mjs').Chance} chance
 * @param {Surroundings} surroundings
 */
export function createClient(name, chance, { ask, route, history, now, isOver }) {
  /** @type {number | null} */
  let endsAt = null

  /**
   * @param {Kind} kind
   * @param {import('./ask.mjs').Question} question
   * @param {About} about
   */
  async function askOnce(kind, question, about) {
    const { port, server } = route(chance)
    const at = `${server.index}.${server.incarnation}`
    const invokedAt = now()
    const told = await ask(port, question)
    const signedIn = told.data?.signUp ?? told.data?.signIn ?? told.data?.refreshSession
    const refreshToken = signedIn?.tokens?.refreshToken
    /** @type {Operation} */
    const operation = {
      n: history.operations.length + 1,
      client: name,
      kind,
      server: at,
      invokedAt,
      answeredAt: now(),
      outcome: kind === 'stranger' ? outcomeForStranger(told) : told.outcome,
      code: told.code,
      reason: told.reason,
      status: told.status,
      text: told.text,
      userId: about.userId ?? signedIn?.user?.id ?? null,
      seenUserId: told.data?.me?.id ?? signedIn?.user?.id ?? null,
      sessionId: signedIn?.session?.id ?? about.sessionId ?? null,
      askedBy: about.askedBy ?? null,
      keptSessionId: about.keptSessionId ?? null,
      presented: about.presented ?? null,
      given: refreshToken === undefined ? null : digestOf(refreshToken),
      roles: about.roles ?? told.data?.me?.roles ?? null,
      password: about.password ?? null,
    }
    history.add(operation)
    return { told, operation }
  }

  /**
   * Until there is an answer that is one, or the run is over.
   * @throws when there is none though all faults are over
   * @param {Kind} kind
   * @param {import('./ask.mjs').Question} question
   * @param {About} about
   */
  async function askUntilTold(kind, question, about) {
    for (;;) {
      const { told } = await askOnce(kind, question, about)
      if (told.outcome === 'ok' || told.outcome === 'refused') return told
      if (endsAt === null && isOver()) return told
      if (endsAt !== null && now() > endsAt) {
        throw new Error(`${name}: ${kind} is not answered though all faults are over: ${told.outcome} ${told.text}`)
      }
      await sleep(chance.between(30, 150))
    }
  }

  /**
   * @param {Device} device
   * @param {string} refreshToken
   */
  function present(device, refreshToken) {
    const { userId, sessionId } = device
    const question = { query: questions.refresh, variables: { token: refreshToken } }
    return askUntilTold('refresh', question, { userId, sessionId, presented: digestOf(refreshToken) })
  }

  return {
    chance,
    now,
    askOnce,
    askUntilTold,
    present,
    /** From here on every question is asked until it is answered, whether or not the run is over. */
    beginEnd: () => void (endsAt = now() + endPatienceMs),

    /**
     * In one or several tabs at once, which share what they keep; false when the session is over.
     * @param {Device} device
     * @param {number} tabs
     */
    async refresh(device, tabs) {
      const { refreshToken } = device
      const askedAt = now()
      const answers = await Promise.all(Array.from({ length: tabs }, () => present(device, refreshToken)))
      for (const { outcome, data } of answers) {
        if (outcome !== 'ok') continue
        const { tokens } = data.refreshSession
        if (tokens.refreshToken !== device.refreshToken) device.before = { refreshToken, askedAt }
        device.accessToken = tokens.accessToken
        device.refreshToken = tokens.refreshToken
      }
      return !answers.some(({ outcome }) => outcome === 'refused')
    },

    /**
     * Whose sign-up was not answered, and is refused the second time, has an account.
     * @param {{ email: string, password: string }} input
     */
    async signUp(input) {
      const known = /** @type {const} */ ({ password: 'right' })
      const first = await askUntilTold('sign-up', { query: questions.signUp, variables: { input } }, known)
      if (first.outcome === 'ok') return deviceOf(first.data.signUp)
      const second = await askUntilTold('sign-in', { query: questions.signIn, variables: { input } }, known)
      if (second.outcome === 'ok') return deviceOf(second.data.signIn)
      throw new Error(`${name} could not sign up: ${second.text}`)
    },

    /** @param {Device} device */
    async me({ userId, sessionId, accessToken }) {
      const { told } = await askOnce('me', { query: questions.me, token: accessToken }, { userId, sessionId })
      return told
    },
  }
}

/** Whatever the errors beside it say: data is data. @param {Told} told */
function outcomeForStranger({ outcome, data }) {
  return data?.me || data?.user ? 'ok' : outcome === 'ok' ? 'refused' : outcome
}

/**
 * @param {any} signedIn
 * @returns {Device}
 */
export function deviceOf({ user, session, tokens }) {
  return {
    userId: user.id,
    sessionId: session.id,
    accessToken: tokens.accessToken,
    refreshToken: tokens.refreshToken,
    before: null,
  }
}
