import { systemClock } from '../../../dist/kernel/clock.js'
import { newId } from '../../../dist/kernel/ids.js'
import { systemRandom } from '../../../dist/kernel/random.js'
import { countReads, signInAs, startMeasured, targetAt } from '../portcullis.mjs'

const query = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on User { id displayName email } }
}`

/** @type {import('../rows.mjs').Row} */
export default {
  name: 'entities',
  title: '1,000 users as a gateway asks for them, by somebody who may read all: in one read',
  goal: { kind: 'reads', exactly: 1 },
  requests: 3,
  baseline: null,
  async measured({ mongodbUri }) {
    const portcullis = await startMeasured(mongodbUri)
    const { app, url, close } = portcullis
    const { accessToken } = await signInAs(portcullis, ['support'])
    const ids = Array.from({ length: 1000 }, () => newId('usr', systemRandom))
    await app.database.connection.model('User').insertMany(ids.map(documentOf))
    const representations = ids.map((id) => ({ __typename: 'User', id }))
    return {
      ask: targetAt(url, accessToken, { query, variables: { representations } }),
      reads: countReads(app, 'users'),
      close,
    }
  },
}

/**
 * Registered by nobody: a thousand passwords would take longer than everything else here.
 * @param {string} id
 * @param {number} index
 */
function documentOf(id, index) {
  return {
    _id: id,
    displayName: `Person ${index}`,
    email: `person.${index}@example.com`,
    emailVerified: false,
    status: 'active',
    roles: ['member'],
    attributes: {},
    createdAt: systemClock.now(),
    securityVersion: 1,
    enrolledAssurance: 'aal1',
  }
}
