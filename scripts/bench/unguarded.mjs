/** The schema of the service with nobody at the door and no guards: what authorization is compared with. */
import { callerResolvers } from '../../dist/callers/resolvers.js'
import { scalars } from '../../dist/graphql/scalars.js'
import { makeSchema } from '../../dist/graphql/schema.js'
import { sessionResolvers } from '../../dist/sessions/resolvers.js'
import { userResolvers } from '../../dist/users/resolvers.js'

/** @param {Record<string, unknown>} [query] resolvers of Query that replace those of the service */
export function unguardedSchema(query = {}) {
  return makeSchema({
    ...scalars,
    ...callerResolvers,
    Query: { ...callerResolvers.Query, ...userResolvers.Query, ...sessionResolvers.Query, ...query },
    User: { ...userResolvers.User, ...sessionResolvers.User },
    Session: { ...sessionResolvers.Session },
  })
}
