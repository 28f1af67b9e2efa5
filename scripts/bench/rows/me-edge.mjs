import { ApolloServer } from '@apollo/server'
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
} from '@apollo/server/plugin/disabled'
import { fastifyApolloHandler } from '@as-integrations/fastify'
import Fastify from 'fastify'
import { askMe, meQuery, somebody, unreadToken } from '../ask-service.mjs'
import { targetAt } from '../portcullis.mjs'
import { unguardedSchema } from '../unguarded.mjs'

/** @type {import('../rows.mjs').Row} */
export default {
  name: 'me-edge',
  title: 'guarded me against a constant one on a bare Apollo Server: what the whole service costs',
  goal: null,
  requests: 400,
  measured: askMe,
  /** No log, no headers, no limits, and none of the plugins that slow a default Apollo Server down. */
  async baseline() {
    const fastify = Fastify()
    const apollo = new ApolloServer({
      schema: unguardedSchema({ me: () => somebody }),
      stopOnTerminationSignals: false,
      plugins: [ApolloServerPluginCacheControlDisabled(), ApolloServerPluginInlineTraceDisabled()],
    })
    await apollo.start()
    fastify.post('/graphql', fastifyApolloHandler(apollo))
    const url = await fastify.listen({ host: '127.0.0.1', port: 0 })
    return {
      ask: targetAt(url, unreadToken, { query: meQuery }),
      async close() {
        await fastify.close()
        await apollo.stop()
      },
    }
  },
}
