/**
 * The built server, from outside, on whatever Node runs this: starts it on a throw-away database, signs a person up,
 * asks who they are, refreshes, and ends it. CI runs it on the Node version that the tests do not cover.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { startReplicaSet } from './mongod.mjs'
import { outboxFolder } from './outbox-folder.mjs'
import { root } from './setup/folders.mjs'

const startPatienceMs = 30_000
const stopPatienceMs = 15_000

const replicaSet = await startReplicaSet()
try {
  const server = await startServer(replicaSet.uri)
  try {
    await checkHealth(server.origin)
    await checkSession(server.origin)
  } finally {
    await server.stop()
  }
  console.log(`smoke test passed on Node ${process.versions.node}`)
} finally {
  await replicaSet.stop()
}

/** @param {string} uri */
async function startServer(uri) {
  const server = spawn(process.execPath, [`${root}/dist/main.js`], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      NODE_ENV: 'development',
      HOST: '127.0.0.1',
      PORT: '0',
      SIGN_UP: 'open',
      MAIL_URL: outboxFolder,
      MONGODB_URI: uri,
      PORTCULLIS_SECRET: randomBytes(32).toString('base64'),
    },
  })
  let log = ''
  const exit = once(server, 'exit')
  /** @type {Promise<string>} */
  const ready = new Promise((resolve, reject) => {
    const read = (/** @type {string} */ text) => {
      log += text
      const origin = /\bready (http:\/\/[^\s"/]+)/.exec(log)?.[1]
      if (origin !== undefined) resolve(origin)
    }
    for (const stream of [server.stdout, server.stderr]) stream.setEncoding('utf8').on('data', read)
    setTimeout(
      () => reject(new Error(`not ready within ${startPatienceMs / 1000} s:\n${log}`)),
      startPatienceMs,
    ).unref()
    void exit.then(([code]) => reject(new Error(`the server ended with ${code}:\n${log}`)))
  })
  const stop = async () => {
    server.kill('SIGTERM')
    const timer = setTimeout(() => server.kill('SIGKILL'), stopPatienceMs)
    const [code] = await exit
    clearTimeout(timer)
    assert.equal(code, 0, `the server ended with ${code} after SIGTERM:\n${log}`)
  }
  try {
    return { origin: await ready, stop }
  } catch (cause) {
    server.kill('SIGKILL')
    throw cause
  }
}

/** @param {string} origin */
async function checkHealth(origin) {
  const response = await fetch(`${origin}/health/ready`)
  assert.equal(response.status, 200, `/health/ready says ${response.status}`)
}

/** @param {string} origin */
async function checkSession(origin) {
  const input = { email: 'smoke@example.com', password: randomBytes(18).toString('base64url') }
  const { signUp } = await ask(
    origin,
    `mutation ($input: SignUpInput!) {
      signUp(input: $input) { ... on SignedIn { user { id } tokens { accessToken refreshToken } } }
    }`,
    { input },
  )
  const { me } = await ask(origin, '{ me { id } }', {}, signUp.tokens.accessToken)
  assert.equal(me.id, signUp.user.id)
  const { refreshSession } = await ask(
    origin,
    'mutation ($input: RefreshInput) { refreshSession(input: $input) { user { id } tokens { accessToken } } }',
    { input: { refreshToken: signUp.tokens.refreshToken } },
  )
  assert.equal(refreshSession.user.id, signUp.user.id)
}

/**
 * @param {string} origin
 * @param {string} query
 * @param {Record<string, unknown>} variables
 * @param {string} [accessToken]
 */
async function ask(origin, query, variables, accessToken) {
  const response = await fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(accessToken !== undefined && { authorization: `Bearer ${accessToken}` }),
    },
    body: JSON.stringify({ query, variables }),
  })
  const answer = JSON.parse(await response.text())
  assert.equal(answer.errors, undefined, JSON.stringify(answer.errors))
  return answer.data
}
