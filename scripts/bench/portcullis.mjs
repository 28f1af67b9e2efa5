/** The service as it is built, for the sides that measure it. */
import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { pino } from 'pino'
import { outboxFolder } from '../outbox-folder.mjs'
import { parseConfig } from '../../dist/config.js'
import { startPortcullis } from '../../dist/portcullis.js'

/** @typedef {import('./rows.mjs').HttpTarget} HttpTarget */

/** As many as main.ts takes on this machine. */
export const hashesAtOnce = Math.max(1, availableParallelism() - 1)

export const password = 'correct horse battery staple'

/**
 * The settings of production, but for what makes a start slow or needs TLS. They go to the configuration only:
 * NODE_ENV itself is `production` in every side.
 * @param {string} mongodbUri
 * @param {Record<string, string>} [settings] that differ from these
 */
export function configFor(mongodbUri, settings = {}) {
  return parseConfig({
    NODE_ENV: 'test',
    HOST: '127.0.0.1',
    PORT: '0',
    PUBLIC_URL: 'http://portcullis.test',
    MONGODB_URI: mongodbUri,
    PORTCULLIS_SECRET: randomBytes(32).toString('base64'),
    SIGN_UP: 'open',
    MAIL_URL: outboxFolder,
    ARGON2_MEMORY: '64KiB',
    ARGON2_PASSES: '1',
    ...settings,
  })
}

/** One line for each request, as in production, to nobody. */
export function createLogger() {
  return pino({ level: 'info' }, pino.destination('/dev/null'))
}

/**
 * On a database of its own, which is dropped at the end.
 * @param {string} mongodbUri
 * @param {Record<string, string>} [settings]
 */
export async function startMeasured(mongodbUri, settings) {
  const options = { logger: createLogger(), cores: hashesAtOnce }
  const portcullis = await startPortcullis(configFor(mongodbUri, settings), options)
  const { app } = portcullis
  return {
    ...portcullis,
    /** Leaves the database as it is. */
    stop: portcullis.close,
    async close() {
      await app.database.connection.dropDatabase()
      await portcullis.close()
    },
  }
}

/**
 * Somebody with these roles, signed in.
 * @param {import('../../dist/portcullis.js').Portcullis} portcullis
 * @param {readonly string[]} roles
 */
export async function signInAs({ app, url }, roles) {
  const email = `${roles.join('.')}@example.com`
  await app.accounts.provision([{ email, password, displayName: 'Ada Lovelace', roles }])
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      query: `mutation ($input: SignInInput!) {
        signIn(input: $input) { ... on SignedIn { user { id } session { id } tokens { accessToken } } }
      }`,
      variables: { input: { email, password } },
    }),
  })
  const { user, session, tokens } = JSON.parse(await response.text()).data.signIn
  return { userId: String(user.id), sessionId: String(session.id), accessToken: String(tokens.accessToken) }
}

/**
 * @param {string} url
 * @param {string} accessToken
 * @param {{ query: string, variables?: Record<string, unknown> }} request
 * @param {string} [header] that the token is sent in
 * @returns {HttpTarget}
 */
export function targetAt(url, accessToken, request, header = 'authorization') {
  return {
    url: `${url}/graphql`,
    headers: { 'content-type': 'application/json', [header]: `Bearer ${accessToken}` },
    body: JSON.stringify(request),
  }
}

/**
 * Counts what is read of one collection from here on.
 * @param {import('../../dist/app.js').App} app
 * @param {string} collection
 */
export function countReads({ database }, collection) {
  const counts = { reads: 0, getMores: 0 }
  database.connection.getClient().on('commandStarted', ({ commandName, command }) => {
    if (commandName === 'getMore' && command['collection'] === collection) counts.getMores++
    // By id: the upkeep beside the requests looks for what is due.
    if (commandName === 'find' && command['find'] === collection && '_id' in command['filter']) counts.reads++
  })
  return () => ({ ...counts })
}
