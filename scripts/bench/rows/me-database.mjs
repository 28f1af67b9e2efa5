import { meQuery } from '../ask-service.mjs'
import { minterWith } from '../minter.mjs'
import { openPeer } from '../peers.mjs'
import { configFor, countReads, signInAs, startMeasured, targetAt } from '../portcullis.mjs'

/**
 * One for each request of all rounds, those that warm up included. A run with more rounds would present some of them
 * again, and be told so by the number of reads.
 */
const tokens = 8_100

/** @type {import('../rows.mjs').Row} */
export default {
  name: 'me-database',
  title: 'guarded me with a token never seen before, read from MongoDB, against get-session of better-auth',
  goal: { kind: 'ratio', atLeast: 5, reads: 1 },
  requests: 100,
  baseline: openPeer('better-auth.mjs', 'session'),
  async measured({ mongodbUri }) {
    const portcullis = await startMeasured(mongodbUri)
    const { app, url, close } = portcullis
    const { userId, sessionId, accessToken } = await signInAs(portcullis, ['member'])
    const mint = minterWith(app.keys, configFor(mongodbUri))
    const variants = []
    for (let index = 0; index < tokens; index++) {
      variants.push({ headers: { authorization: `Bearer ${await mint(userId, sessionId)}` } })
    }
    const target = targetAt(url, accessToken, { query: meQuery })
    return { ask: { ...target, variants }, reads: countReads(app, 'users'), close }
  },
}
