import { randomUUID } from 'node:crypto'
import { defineEntities, NotFound } from './portcullis.mjs'

/** Notes are kept in memory: this is about who may read them. */
export function createResolvers() {
  const notes = new Map()
  const all = () => [...notes.values()].toReversed()
  /** Null for what is absent and for what is somebody else's: the two must look the same. */
  const find = (caller, id) => {
    const note = typeof id === 'string' ? notes.get(id) : undefined
    return note !== undefined && caller.can('note:read', note) ? note : null
  }
  const entities = defineEntities({
    Note: { isId: (id) => id.startsWith('note_'), loadMany: async (ids) => ids.map((id) => notes.get(id) ?? null) },
  })
  const resolvers = {
    Query: {
      note(_parent, { id }, { caller }) {
        const note = find(caller, id)
        if (note === null) throw new NotFound()
        return note
      },
      notes: (_parent, _args, { caller }) => all().filter((note) => caller.can('note:read', note)),
    },
    Mutation: {
      addNote(_parent, { text }, { caller }) {
        caller.require('note:write', { userId: caller.userId })
        const note = { id: `note_${randomUUID()}`, userId: caller.userId, text }
        notes.set(note.id, note)
        return note
      },
    },
    Note: {
      __resolveReference: ({ id }, { caller }) => find(caller, id),
      author: ({ userId }) => ({ id: userId }),
    },
    User: {
      __resolveReference: ({ id }) => (typeof id === 'string' ? { id } : null),
      notes: ({ id }) => all().filter(({ userId }) => userId === id),
    },
  }
  return { resolvers, entities }
}
