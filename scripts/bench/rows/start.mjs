import { findFreePort } from '../../mongod/member-commands.mjs'
import { startServer } from '../server-process.mjs'
import { productionLike } from '../production-like.mjs'
import { spreadOf } from '../statistics.mjs'
import { dropDatabase } from '../throw-away.mjs'

const usualRounds = 7

/**
 * From the start of the process to the line that says it is ready: by then it listens, and its first beat has come back.
 * @type {import('../process-rows.mjs').ProcessRow}
 */
export default {
  name: 'start',
  title: 'the built service, from its start to ready, with the database up',
  async measure({ databaseAt, rounds }) {
    const env = await inProduction(databaseAt('start'))
    // The first start migrates, and reads the code from the disk.
    await startOnce(env)
    const [migrated, empty] = [/** @type {Start[]} */ ([]), /** @type {Start[]} */ ([])]
    for (let round = 0; round < (rounds ?? usualRounds); round++) {
      migrated.push(await startOnce(env))
      const uri = databaseAt(`start_empty_${round}`)
      empty.push(await startOnce(await inProduction(uri)))
      await dropDatabase(uri)
    }
    await dropDatabase(databaseAt('start'))
    return [readingOf('on a database that is up to date', 1_500, migrated), readingOf('on an empty one', null, empty)]
  },
}

/** @param {string} mongodbUri */
async function inProduction(mongodbUri) {
  return productionLike(mongodbUri, {
    NODE_ENV: 'production',
    MAIL_URL: 'smtp://127.0.0.1:9',
    MAIL_FROM: 'portcullis@portcullis.test',
    PORT: String(await findFreePort()),
    PUBLIC_URL: 'https://portcullis.test',
    TRUST_PROXY: '127.0.0.1',
    DRAIN_DELAY: '0s',
  })
}

/**
 * @typedef {{ readyMs: number, cpuMs: number }} Start
 *
 * @param {Record<string, string>} env
 * @returns {Promise<Start>}
 */
async function startOnce(env) {
  const { readyMs, atReady, stop } = await startServer(env)
  await stop()
  return { readyMs, cpuMs: atReady.cpuMs }
}

/**
 * @param {string} what
 * @param {number | null} atMost
 * @param {readonly Start[]} starts
 * @returns {import('../process-rows.mjs').Reading}
 */
function readingOf(what, atMost, starts) {
  const cpuMs = spreadOf(starts.map(({ cpuMs }) => cpuMs))
  const share = spreadOf(starts.map(({ cpuMs, readyMs }) => cpuMs / readyMs))
  const note = `${Math.round(cpuMs.median)} ms of CPU, ${share.median.toFixed(2)} cores`
  return { what, unit: 'ms', atMost, got: spreadOf(starts.map(({ readyMs }) => readyMs)), note, facts: { starts } }
}
