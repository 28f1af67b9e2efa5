import { describe, expect, test } from '@jest/globals'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { authorizeSchema, defineDoor, open } from '../../src/authorization/index.js'
import { StepUpRequired } from '../../src/kernel/errors.js'
import { machineOf, personOf, type Caller } from '../../src/kernel/caller.js'
import { proofRefusal, requireProof } from '../../src/kernel/step-up.js'
import type { Assurance } from '../../src/kernel/subject.js'
import { ask, contextOf, directives, faultsOf, openDoor, policyFor, refusals, subjectOf } from './scenario.js'

const sdl = `type Query {
    strong: Int @auth(permission: "audit:read")
    fresh: Int @auth(permission: "note:write@own")
    notes: [Note] @public
  }
  type Note @owner(or: "note:read") { text: String }`
const stepUp = {
  'audit:read': { assurance: 'AAL2', maxAge: '5m' },
  'note:write': { maxAge: '90s' },
  'note:read': {},
} as const
const policy = policyFor(sdl, { stepUp })
const bare = makeExecutableSchema({
  typeDefs: [directives, sdl],
  resolvers: { Query: { strong: () => 1, fresh: () => 2, notes: () => [{ userId: 'usr_ada', text: 'dear diary' }] } },
})
let nowMs = 0
const clock = { now: () => new Date(nowMs), monotonicMs: () => 0 }
const schema = authorizeSchema(bare, { policy, door: openDoor(bare), clock })

/** Proven at 1,000,000 ms. */
function caller(roles: readonly string[], assurance: Assurance, enrolledAssurance: Assurance = 'aal2'): Caller {
  const user = subjectOf('usr_ada', roles, { enrolledAssurance })
  const at = new Date(1_000_000)
  return personOf({ user, sessionId: 'ses_1', holdings: policy.holdingsOf(user), assurance, authenticatedAt: at })
}
const robot = machineOf({
  machineId: 'key_1',
  owner: subjectOf('usr_ada', ['admin']),
  scopes: ['audit:read', 'note:*'],
  holdings: policy.holdingsOfMachine(['audit:read', 'note:*'], subjectOf('usr_ada', ['admin'])),
})
const answerAt = async (ms: number, query: string, who: Caller) => {
  nowMs = ms
  return refusals(await ask(schema, query, contextOf(who)))
}

describe('a permission that asks for a proof', () => {
  test.each<[string, number, string, Caller, string | null]>([
    ['passes with a strong and fresh one', 1_300_000, 'strong', caller(['admin'], 'aal2'), null],
    ['is refused when it is a millisecond too old', 1_300_001, 'strong', caller(['admin'], 'aal2'), 'STEP_UP_REQUIRED'],
    ['is refused when it is too weak', 1_000_000, 'strong', caller(['admin'], 'aal1'), 'STEP_UP_REQUIRED'],
    ['is refused to a machine, which cannot prove anything', 1_000_000, 'strong', robot, 'FORBIDDEN'],
    ['is refused for want of the permission first', 9_000_000, 'strong', caller(['member'], 'aal1'), 'FORBIDDEN'],
    ['takes the strongest that there is', 1_090_000, 'fresh', caller(['member'], 'aal1', 'aal1'), null],
    [
      'takes nothing less than the strongest',
      1_090_000,
      'fresh',
      caller(['member'], 'aal1', 'aal2'),
      'STEP_UP_REQUIRED',
    ],
    ['however old, where no age is said', 9_000_000, 'notes { text }', caller(['member'], 'aal2'), null],
  ])('%s', async (_name, ms, query, who, refusal) => {
    const found = await answerAt(ms, `{ ${query} }`, who)
    expect(Object.values(found)).toEqual(refusal === null ? [] : [refusal])
  })

  test('asks for it on objects, before it asks whose they are', async () => {
    expect(await answerAt(0, '{ notes { text } }', caller(['member'], 'aal1'))).toEqual({
      'notes.0.text': 'STEP_UP_REQUIRED',
    })
  })

  test('says what is needed, and what to do when nothing enrolled would do', () => {
    const need = { assurance: 'aal2', maxAgeMs: 300_000 } as const
    const [can, cannot] = (['aal2', 'aal1'] as const).map((enrolled) =>
      proofRefusal(caller([], 'aal1', enrolled), need, new Date(1_000_000)),
    )
    expect(can?.details).toEqual({ assurance: 'AAL2', maxAgeSeconds: 300, methods: ['TOTP'] })
    expect(cannot?.details).toEqual({ assurance: 'AAL2', maxAgeSeconds: 300, methods: [], enrol: true })
  })

  test('is asked for by services, too', () => {
    expect(() => requireProof(caller(['admin'], 'aal1'), 'audit:read', new Date(1_000_000))).toThrow(StepUpRequired)
    expect(() => requireProof(caller(['admin'], 'aal2'), 'audit:read', new Date(1_000_000))).not.toThrow()
    expect(() => requireProof(caller(['admin'], 'aal1'), 'user:read', new Date(9_000_000))).not.toThrow()
  })
})

test('A proof that was fresh enough for one field of a mutation is looked at again for the next', async () => {
  const text = 'type Query { a: Int @public } type Mutation { act: Int @auth(permission: "note:write@own") }'
  const acting = makeExecutableSchema({
    typeDefs: [directives, text],
    resolvers: { Mutation: { act: () => (nowMs += 90_001) } },
  })
  const door = defineDoor({
    Query: { a: { ask: open } },
    Mutation: { act: { ask: open, scope: 'self', permission: 'note:write@own' } },
  })
  const guarded = authorizeSchema(acting, { policy: policyFor(text, { stepUp }), door, clock })
  nowMs = 1_000_000
  // A context that takes its caller anew and forgets nothing by itself.
  const context = { ...contextOf(caller(['member'], 'aal2')), renewCaller: () => undefined }
  expect(refusals(await ask(guarded, 'mutation { a: act b: act }', context))).toEqual({ b: 'STEP_UP_REQUIRED' })
})

test('An assurance that the schema asks for and the policy does not is refused', () => {
  const asked = 'type Query { a: Int @auth(permission: "audit:read", assurance: AAL2) }'
  expect(faultsOf(directives + asked)).toEqual(['Query.a: the schema asks for an assurance that the policy does not'])
})
