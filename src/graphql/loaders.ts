import { defineEntities } from '../authorization/index.js'
import { isId } from '../kernel/ids.js'
import type { Context } from './context.js'

/** How an object is found that an argument names: by the guard first, and once for guard and resolver together. */
export const entities = defineEntities({
  User: {
    isId: (id) => isId('usr', id),
    ownerOf: (id) => id,
    loadMany: (ids, { services }: Context) => services.users.findMany(ids),
  },
  Session: {
    isId: (id) => isId('ses', id),
    loadMany: (ids, { services }: Context) => services.sessions.findMany(ids),
  },
})
