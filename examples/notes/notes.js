import { defineEntities, NotFound } from 'portcullis/authorization'

const notes = new Map(
  [
    { id: 'note_1', userId: 'usr_ada', text: 'Buy flour', team: null },
    { id: 'note_2', userId: 'usr_bob', text: 'Sharpen the knives', team: 'kitchen' },
    { id: 'note_3', userId: 'usr_bob', text: 'Ask for a raise', team: null },
  ].map((note) => [note.id, note]),
)

let lastNumber = notes.size

/** How `@owner(entity: "Note")` finds a note. Guard and resolver share what is loaded. */
export const entities = defineEntities({
  Note: {
    isId: (id) => id.startsWith('note_'),
    loadMany: async (ids) => ids.map((id) => notes.get(id) ?? null),
  },
})

/** Load, authorize, write: the guard has decided already, and the resolver does not take its word for it. */
async function noteFor(permission, id, context) {
  const note = await entities.load('Note', id, context)
  if (note === null || !context.caller.can(permission, note)) throw new NotFound()
  return note
}

/** With a database this is its filter: `$or` of the conditions, or nothing where `reach` is `'all'`. */
function notesWithin(reach) {
  const meets = (note, condition) =>
    Object.entries(condition).every(([property, value]) => [value].flat().includes(note[property]))
  return [...notes.values()].filter((note) => reach === 'all' || reach.some((condition) => meets(note, condition)))
}

export const resolvers = {
  Query: {
    motto: () => 'Write it down.',
    me: (_root, _args, { caller }) => ({ id: caller.userId }),
    note: (_root, { id }, context) => noteFor('note:read', id, context),
    notes: (_root, _args, { caller }) => notesWithin(caller.reach('note:read')),
  },
  Mutation: {
    createNote(_root, { input }, { caller }) {
      const note = { id: `note_${++lastNumber}`, userId: caller.userId, text: input.text, team: null }
      caller.require('note:write', note)
      notes.set(note.id, note)
      return note
    },
    async editNote(_root, { input }, context) {
      const note = await noteFor('note:write', input.noteId, context)
      const edited = { ...note, text: input.text }
      // With a database: only while it has the owner that was decided on, `{ _id, userId }`; none matched is NotFound.
      notes.set(note.id, edited)
      return edited
    },
    async deleteNote(_root, { id }, context) {
      const note = await noteFor('note:delete', id, context)
      notes.delete(note.id)
      return note.id
    },
  },
  Writer: {
    notes: ({ id }) => notesWithin([{ userId: id }]),
  },
}
