import { askRule, defineDoor, isSignedIn, open, personOnly, Unavailable } from 'portcullis/authorization'

/** A rule of our own: conditions are asked in turn, each returns why not, or null. */
const writable = askRule('writable', isSignedIn, ({ isReadOnly }) => (isReadOnly ? new Unavailable() : null))

export const door = defineDoor({
  Query: {
    motto: { ask: open, scope: 'public' },
    me: { ask: personOnly, scope: 'self' },
    note: { ask: open, scope: 'entity', permission: 'note:read' },
    notes: { ask: open, scope: 'filter', permission: 'note:read@own' },
  },
  Mutation: {
    createNote: { ask: writable, scope: 'self', permission: 'note:write@own' },
    editNote: { ask: writable, scope: 'entity', permission: 'note:write' },
    deleteNote: { ask: writable, scope: 'entity', permission: 'note:delete' },
  },
})
