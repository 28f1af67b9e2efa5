import { askedBy } from './asked-policy.js'
import { features } from './features.js'
import type { CallerFacts, PersonFacts, Thing, World } from './world.js'

/** The text that Ada wrote for herself; Bob has a note, too. */
export const adasText = 'dear diary'

export const placements = ['field', 'type', 'interface', 'union'] as const
export type Placement = (typeof placements)[number]

const policy: World['policy'] = {
  permissions: ['note:read', 'note:write', 'note:seal', 'audit:read'],
  attributes: { department: 'string', team: 'string' },
  properties: { note: { team: 'string' } },
  roles: {
    member: { can: ['note:read@own', 'note:write@own', 'note:seal@own'] },
    support: { inherits: ['member'], can: ['note:read'] },
    admin: { inherits: ['support'], can: ['note:*', 'audit:read'] },
    auditor: { can: [{ permission: 'note:read', when: { department: ['audit', 'legal'] } }] },
    lead: { can: [{ permission: 'note:read', where: { team: { attribute: 'team' } } }] },
  },
  stepUp: features.stepUp ? { 'note:seal': { assurance: 'HIGHEST_ENROLLED', maxAge: '5m' } } : {},
}

const now = new Date('2030-01-01T08:00:00Z')

function person(userId: string, roles: readonly string[], change: Partial<PersonFacts> = {}): PersonFacts {
  const authenticatedAt = new Date(now.getTime() - 60_000)
  return {
    kind: 'person',
    userId,
    roles,
    attributes: {},
    assurance: 'AAL1',
    enrolled: 'AAL1',
    authenticatedAt,
    ...change,
  }
}

function machine(scopes: readonly string[], roles = ['member']): CallerFacts {
  return { kind: 'machine', userId: 'usr_ada', roles, attributes: {}, scopes }
}

const anHourAgo = new Date(now.getTime() - 3_600_000)

/** Every kind of caller. Ada owns the note. */
export const callers = {
  'a stranger': { kind: 'anonymous' },
  'the owner': person('usr_ada', ['member']),
  'the owner, proven strongly': person('usr_ada', ['member'], { assurance: 'AAL2', enrolled: 'AAL2' }),
  'the owner, proven weakly': person('usr_ada', ['member'], { enrolled: 'AAL2' }),
  'the owner, proven long ago': person('usr_ada', ['member'], {
    assurance: 'AAL2',
    enrolled: 'AAL2',
    authenticatedAt: anHourAgo,
  }),
  'another member': person('usr_bob', ['member']),
  support: person('usr_sue', ['support']),
  'an admin, proven strongly': person('usr_root', ['admin'], { assurance: 'AAL2', enrolled: 'AAL2' }),
  'an auditor of the right department': person('usr_eve', ['auditor'], { attributes: { department: 'legal' } }),
  'an auditor of another department': person('usr_eve', ['auditor'], { attributes: { department: 'sales' } }),
  'an auditor of no department': person('usr_eve', ['auditor']),
  'a machine of the owner': machine(['note:*']),
  'a machine of the owner, for own things': machine(['note:read@own', 'note:write@own', 'note:seal@own']),
  'a machine of the owner, without a scope': machine([]),
  'a machine of support': machine(['note:read'], ['support']),
  ...(features.where && {
    'the lead of the team': person('usr_tim', ['lead'], { attributes: { team: 'red' } }),
    'the lead of another team': person('usr_tim', ['lead'], { attributes: { team: 'blue' } }),
    'a lead without a team': person('usr_tim', ['lead']),
  }),
} satisfies Record<string, CallerFacts>

export type CallerName = keyof typeof callers

const owners = ['the owner', 'the owner, proven strongly', 'the owner, proven weakly', 'the owner, proven long ago']
const readers = ['support', 'an admin, proven strongly', 'an auditor of the right department']
const ownersMachines = ['a machine of the owner', 'a machine of the owner, for own things']

/** A rule as it is written, where it can stand, and who may read Ada's text under it: worked out by hand. */
export interface ShapeRule {
  readonly directive: string
  readonly placements: readonly Placement[]
  readonly passes: readonly string[]
}

/** `@owner` does not stand on unions; on an interface it stands on the fields. */
const ofObjects: readonly Placement[] = ['field', 'type', 'interface']

export const rules: readonly ShapeRule[] = [
  { directive: '@auth', placements, passes: Object.keys(callers).filter((name) => name !== 'a stranger') },
  {
    directive: '@auth(permission: "note:read")',
    placements,
    passes: [...readers, 'a machine of support'],
  },
  {
    directive: '@auth(as: PERSON, assurance: AAL2)',
    placements,
    passes: ['the owner, proven strongly', 'the owner, proven long ago', 'an admin, proven strongly'],
  },
  {
    directive: '@auth(as: MACHINE, permission: "note:read")',
    placements,
    passes: ['a machine of support'],
  },
  { directive: '@owner', placements: ofObjects, passes: owners },
  {
    directive: '@owner(or: "note:read")',
    placements: ofObjects,
    passes: [
      ...owners,
      ...readers,
      ...ownersMachines,
      'a machine of support',
      ...(features.where ? ['the lead of the team'] : []),
    ],
  },
  {
    directive: '@auth(as: PERSON, assurance: AAL1) @owner(or: "note:seal")',
    placements: ofObjects,
    passes: features.stepUp
      ? ['the owner', 'the owner, proven strongly', 'an admin, proven strongly']
      : [...owners, 'an admin, proven strongly'],
  },
]

/** The same small service with the rule at one of the places where it guards the text of a note. */
export function worldOf(placement: Placement, { directive }: ShapeRule): World {
  const on = (place: Placement): string => (place === placement ? directive : '')
  // What the placement leaves without a rule is open; inside a guarded type or union it has the rule of that.
  const open = placement === 'field' || placement === 'interface' ? '@public' : ''
  const kind = placement === 'union' ? '' : '@public'
  const sdl = `
    interface Node { id: ID! }
    interface Deep implements Node { id: ID! next: Deep }
    interface Secret ${directive.includes('@owner') ? '' : on('interface')} {
      text: String ${directive.includes('@owner') ? on('interface') : ''}
      must: String! ${directive.includes('@owner') ? on('interface') : ''}
    }
    union Found ${on('union')} = Note | Photo
    type Note implements Node & Deep & Secret ${on('type')} {
      id: ID! ${open}
      kind: String ${kind}
      text: String ${on('field')}
      must: String! ${on('field')}
      next: Note ${open}
      author: User ${open}
      siblings: [Note!] ${open}
    }
    type Photo implements Node { id: ID! ${placement === 'union' ? '' : '@public'} }
    type User implements Node @public { id: ID! note: Note notes: [Note] self: User sure: Note! }
    type NoteEdge @public { cursor: String node: Note }
    type NoteConnection @public { edges: [NoteEdge!]! nodes: [Note] totalCount: Int }
    type Written @public { note: Note at: String by: User }
    type Query @public {
      note: Note
      item(at: Int): Note
      node: Node
      deep: Deep
      secret: Secret
      found: [Found]
      notes: [Note]
      grid: [[Note!]]
      all: NoteConnection
      user: User
      greeting: String
    }
    type Mutation @public { write: Written touch: Written }`
  return { sdl, policy: askedBy(sdl, policy), data, now }
}

const noteOf = (owner: string, id: string, text: string): Record<string, unknown> => ({
  __typename: 'Note',
  id,
  kind: 'diary',
  userId: owner,
  team: owner === 'usr_ada' ? 'red' : 'blue',
  text,
  must: text,
})

const note = noteOf('usr_ada', 'note_1', adasText)
const bobs = noteOf('usr_bob', 'note_2', 'shopping list')
const nobodys: Thing = { __typename: 'Note', id: 'note_3', kind: 'lost', text: 'found in the rain', must: 'lost' }
const ada: Record<string, unknown> = { __typename: 'User', id: 'usr_ada', note, notes: [note, bobs], sure: note }
ada['self'] = ada
Object.assign(note, { next: note, author: ada, siblings: [note, note] })
Object.assign(bobs, { next: note, author: ada, siblings: [bobs, note] })
const written: Thing = { note, at: 'now', by: ada }

const data: World['data'] = {
  Query: {
    note,
    item: [note, bobs, nobodys],
    node: note,
    deep: note,
    secret: note,
    found: [note, { __typename: 'Photo', id: 'photo_1' }, bobs],
    notes: [note, bobs, nobodys, null],
    grid: [[note], [bobs, note], null],
    all: { edges: [{ cursor: 'c1', node: note }], nodes: [note, bobs], totalCount: 2 },
    user: ada,
    greeting: 'hello',
  },
  Mutation: { write: written, touch: written },
}
