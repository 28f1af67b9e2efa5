import { execute, parse } from 'graphql'
import { createAuthorization, guardedSchema, ownAccess } from '../../../dist/access-control.js'
import { createContext } from '../../../dist/graphql/context.js'
import { createMetrics } from '../../../dist/http/metrics.js'
import { defaultPolicy } from '../../../dist/policy.js'
import { countReads, createLogger, signInAs, startMeasured } from '../portcullis.mjs'
import { unguardedSchema } from '../unguarded.mjs'

const document = parse('query ($id: ID!) { session(id: $id) { id createdAt device { name } } }')

/** @type {import('../rows.mjs').Row} */
export default {
  name: 'session',
  title: 'session(id), @owner(entity:), against the service alone, without HTTP: guard and service in one read',
  goal: { kind: 'reads', exactly: 1 },
  requests: 150,
  baseline: (world) => openSide(world, () => unguardedSchema()),
  measured: (world) =>
    openSide(world, ({ clock }) =>
      guardedSchema({ access: ownAccess(defaultPolicy), clock, logger: createLogger(), metrics: createMetrics() }),
    ),
}

/**
 * @param {import('../rows.mjs').World} world
 * @param {(app: import('../../../dist/app.js').App) => import('graphql').GraphQLSchema} makeSchema
 */
async function openSide({ mongodbUri }, makeSchema) {
  const portcullis = await startMeasured(mongodbUri)
  const { app, close } = portcullis
  const { sessionId, accessToken } = await signInAs(portcullis, ['member'])
  const caller = await app.callers.resolve(accessToken)
  const services = { ...app, authorization: createAuthorization(ownAccess(defaultPolicy), app.clock) }
  const schema = makeSchema(app)
  return {
    async ask() {
      const contextValue = createContext({
        services,
        identification: { outcome: 'caller', caller, token: accessToken },
        presented: { accessToken, refreshCookie: null, deviceCookie: null, hasCookies: false },
        callers: app.callers,
        cookies: { setSession: () => undefined, clearSession: () => undefined, setDevice: () => undefined },
        request: { id: 'bench', ip: '127.0.0.1', userAgent: null, languages: [] },
        cookieOriginFault: () => null,
        router: false,
      })
      return JSON.stringify(await execute({ schema, document, contextValue, variableValues: { id: sessionId } }))
    },
    reads: countReads(app, 'sessions'),
    close,
  }
}
