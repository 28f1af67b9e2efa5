import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { SMTPServer } from 'smtp-server'
import { createGiven } from './given.mjs'
import { leaksIn, tokenFault } from './judge.mjs'
import { outboxFolder } from '../outbox-folder.mjs'
import { startServer } from './server.mjs'
import { keptMark, mark, numberIn } from './values.mjs'
import { createWorld } from './world.mjs'

/**
 * @typedef {import('./judge.mjs').Fault} Fault
 * @typedef {import('./judge.mjs').Secrets} Secrets
 *
 * `open` lets everybody sign up, introspect and guess often; `production` is as strict as it is delivered.
 * @typedef {'open' | 'production'} Mode
 *
 * @typedef {Fault & { number: number | null, kind: string, server: string, sent: string, got: string }} Finding
 */

const pageOrigin = 'https://page.example'
const spareMs = 1_000
const everybodyMs = 20_000

/**
 * The servers, on one database of their own, and the people. Whatever a server logs that it should not, it finds.
 * @param {{ mongodbUri: string, modes: readonly Mode[], imports: readonly string[], find: (finding: Finding) => void }} how
 */
export async function setStage({ mongodbUri, modes, imports, find }) {
  const uri = new URL(mongodbUri)
  uri.pathname = `/fuzz_${randomBytes(6).toString('hex')}`
  const [secret, routerSecret] = [randomBytes(32).toString('base64'), randomBytes(24).toString('hex')]
  const ours = [secret, routerSecret, uri.pathname.slice(1), uri.host.split(',')[0] ?? '']
  /** @type {Secrets} */
  let secrets = { digests: new Set(), texts: ours, others: [] }
  const given = createGiven()
  const watch = (/** @type {Mode} */ server) => (/** @type {string} */ line) => {
    for (const fault of faultsIn(line, secrets, given)) {
      find({ ...fault, number: numberIn(line), kind: 'log', server, sent: '', got: line.slice(0, 2_000) })
    }
  }
  /** @type {import('./server.mjs').Server[]} */
  const servers = []
  for (const mode of modes) {
    const env = { ...sharedSettings(uri.href, secret, routerSecret), ...(await settingsOf[mode]()) }
    servers.push(await startServer({ name: mode, env, imports, onLine: watch(mode) }))
  }
  const open = servers.find(({ name }) => name === 'open')
  if (open === undefined) throw new Error('People sign up at the open server')
  const world = await createWorld({
    url: `http://127.0.0.1:${open.port}`,
    mongodbUri: uri.href,
    pageOrigin,
    routerSecret,
    onTokens: ({ accessToken, refreshToken }) => [accessToken, refreshToken].forEach(given.note),
  })
  const found = await world.secrets()
  secrets = { ...found, texts: [...found.texts, ...ours] }
  const upkeep = keepUp(world)
  return {
    servers,
    world,
    secrets,
    given,
    async strike() {
      await upkeep.stop()
      await Promise.all(servers.map(({ stop }) => stop()))
      await world.close()
    },
  }
}

/** @param {string} line @param {Secrets} secrets @param {import('./given.mjs').Given} given @returns {Fault[]} */
function faultsIn(line, secrets, given) {
  const lower = line.toLowerCase()
  const echoed = [mark, keptMark].some((each) => lower.includes(each))
  return [
    ...(echoed ? [{ what: 'echo in the log', detail: line.slice(0, 300) }] : []),
    ...leaksIn(line, secrets),
    ...tokenFault(given.wrongInLog(line)),
    ...(/"level":(50|60)/.test(line) && !/"code":"UNAVAILABLE"/.test(line)
      ? [{ what: 'error in the log', detail: line.slice(0, 600) }]
      : []),
  ]
}

/** @param {Awaited<ReturnType<typeof createWorld>>} world */
function keepUp(world) {
  let renewedAt = performance.now()
  const over = new AbortController()
  const work = (async () => {
    while (!over.signal.aborted) {
      await pause(spareMs, undefined, { signal: over.signal }).catch(() => {})
      if (over.signal.aborted) return
      const isDue = performance.now() - renewedAt > everybodyMs
      if (isDue) renewedAt = performance.now()
      // Whoever cannot be renewed now is renewed the next time; a server that is gone is found by others.
      await world.renew(isDue ? undefined : ['spareMember', 'spareAdmin']).catch(() => {})
    }
  })()
  return {
    stop() {
      over.abort()
      return work
    },
  }
}

/** @param {string} uri @param {string} secret @param {string} routerSecret */
function sharedSettings(uri, secret, routerSecret) {
  return {
    HOST: '127.0.0.1',
    PUBLIC_URL: 'https://fuzz.example',
    ALLOWED_ORIGINS: pageOrigin,
    TRUST_PROXY: '127.0.0.0/8',
    MONGODB_URI: uri,
    PORTCULLIS_SECRET: secret,
    ROUTER_SECRET: routerSecret,
    DRAIN_DELAY: '0ms',
  }
}

const often = 1_000_000
const settingsOf = {
  open: async () => ({
    NODE_ENV: 'test',
    PORT: '0',
    SIGN_UP: 'open',
    MAIL_URL: outboxFolder,
    ARGON2_MEMORY: '64KiB',
    ARGON2_PASSES: '1',
    RATE_LIMITS: JSON.stringify({
      accountFailures: often,
      networkFailures: often,
      signUpsPerNetwork: often,
      changesPerMinute: often,
    }),
  }),
  production: async () => ({
    NODE_ENV: 'production',
    // There is no world outside: asking it would be an error in the log.
    BREACHED_PASSWORDS: 'off',
    PORT: String(await freePort()),
    SIGN_UP: 'closed',
    MAIL_URL: `smtp://127.0.0.1:${await mailSinkPort()}`,
    MAIL_FROM: 'portcullis@portcullis.test',
  }),
}

/** Of a mail server that takes everything and keeps nothing: both servers send what either was asked for. */
async function mailSinkPort() {
  const sink = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onData(stream, _session, done) {
      stream.resume().once('end', () => done())
    },
  })
  sink.on('error', () => {})
  sink.listen(0, '127.0.0.1')
  await once(sink.server, 'listening')
  // It ends with the process.
  sink.server.unref()
  const address = sink.server.address()
  if (address === null || typeof address === 'string') throw new Error('A port was asked for')
  return address.port
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('A port was asked for')
  return address.port
}
