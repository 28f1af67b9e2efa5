import { setTimeout as sleep } from 'node:timers/promises'
import { meQuery } from '../ask-service.mjs'
import { createLoad } from '../load.mjs'
import { askAtRate } from '../open-loop.mjs'
import { signInAs, targetAt } from '../portcullis.mjs'
import { registerPeople, signInBody, startHashing } from '../sign-ins.mjs'
import { percentileOf } from '../statistics.mjs'

/**
 * Somebody who is signed in asks who they are, two hundred times a second, in peace and then while more people sign in
 * than there is room to hash for: from so many networks, because each has a share of its own.
 */
const people = 64
const perSecond = 200
const calmMs = 2_000
const stormMs = 4_000
/** Until the queue before the hashers is full. */
const gatheringMs = 500

/** @type {import('../rows.mjs').TimedRow} */
export default {
  name: 'storm',
  title: 'p99 of guarded me while sign-ins take all hashers (beside it: in peace)',
  goal: { kind: 'time', atMostMs: 50 },
  rounds: 6,
  async measured({ mongodbUri }) {
    const portcullis = await startHashing(mongodbUri, { TRUST_PROXY: '127.0.0.1' })
    const emails = await registerPeople(portcullis, people)
    const { accessToken } = await signInAs(portcullis, ['member'])
    const variants = emails.map((email, index) => ({
      headers: { 'content-type': 'application/json', 'x-forwarded-for': `198.51.100.${index + 1}` },
      body: signInBody(email),
    }))
    return {
      ask: {
        me: targetAt(portcullis.url, accessToken, { query: meQuery }),
        signIn: { url: `${portcullis.url}/graphql`, headers: {}, variants, marker: '"accessToken":"' },
      },
      close: portcullis.close,
    }
  },
  async time({ me, signIn }) {
    if (me === undefined || signIn === undefined) throw new TypeError('Two targets are asked')
    const calm = await askAtRate({ target: me, perSecond, forMs: calmMs })
    const [storm] = await Promise.all([
      sleep(gatheringMs).then(() => askAtRate({ target: me, perSecond, forMs: stormMs })),
      createLoad(signIn).askFor((stormMs + 2 * gatheringMs) / 1000, people),
    ])
    return { storm, calm }
  },
  conclude: ({ storm = [], calm = [] }) => ({ got: percentileOf(storm, 0.99), baseline: percentileOf(calm, 0.99) }),
}
