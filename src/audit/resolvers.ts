import { enumName } from '../graphql/enum-name.js'
import type { Resolvers } from '../graphql/generated/types.js'
import { connectionOf, pageOf } from '../graphql/paging.js'

export const auditResolvers: Resolvers = {
  Query: {
    async auditEvents(_parent, { filter, ...args }, context) {
      const { caller, services } = context
      const page = pageOf(args, context)
      const { events, ...rest } = await services.audit.list(caller, page, filter ?? {})
      const nodes = events.map((event) => ({ ...event, createdAt: event.at }))
      return connectionOf(nodes, { after: page.after, ...rest })
    },
  },
  AuditEvent: {
    outcome: (event) => enumName(event.outcome),
  },
}
