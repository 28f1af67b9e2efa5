import { door } from '../../../dist/door.js'
import { createGraphqlServer } from '../../../dist/graphql/server.js'
import { createHttpServer } from '../../../dist/http/server.js'
import { anonymous } from '../../../dist/kernel/caller.js'
import { systemRandom } from '../../../dist/kernel/random.js'
import { configFor, createLogger, targetAt } from '../portcullis.mjs'
import { askMe, meQuery, somebody, unreadToken } from '../ask-service.mjs'
import { unguardedSchema } from '../unguarded.mjs'

/** @type {import('../rows.mjs').Row} */
export default {
  name: 'me',
  title: 'guarded me against a constant one behind the same edge: what authorization costs',
  goal: { kind: 'ratio', atLeast: 0.95 },
  requests: 400,
  measured: askMe,
  /** Edge, plugins and limits of the service, and nobody who looks at the token: it is sent where nothing reads it. */
  async baseline({ mongodbUri }) {
    const [config, logger, random] = [configFor(mongodbUri), createLogger(), systemRandom]
    const { fastify } = await createHttpServer({ config, logger, random })
    const { stop } = await createGraphqlServer({
      config,
      schema: unguardedSchema({ me: () => somebody }),
      door,
      callers: { resolve: () => anonymous },
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nothing that is asked for here needs any
      services: /** @type {never} */ ({}),
      fastify,
      logger,
      random,
    })
    const url = await fastify.listen({ host: '127.0.0.1', port: 0 })
    return { ask: targetAt(url, unreadToken, { query: meQuery }, 'x-authorization'), close: stop }
  },
}
