import { defineDoor, open, personOnly, signedIn } from './portcullis.mjs'

/** Under which conditions each root field may be asked at all. What has no line is closed. */
export const door = defineDoor({
  Query: {
    note: { ask: open, scope: 'entity', permission: 'note:read' },
    notes: { ask: signedIn, scope: 'filter' },
    // Only a router gets this far: see main.mjs.
    _service: { ask: open, scope: 'public' },
    _entities: { ask: open, scope: 'filter' },
  },
  Mutation: {
    addNote: { ask: personOnly, scope: 'self', permission: 'note:write@own' },
  },
})
