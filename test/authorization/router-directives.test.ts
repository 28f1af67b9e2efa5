import { composeServices, compositionHasErrors } from '@theguild/federation-composition'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { expect, test } from '@jest/globals'
import { concatAST, parse, print } from 'graphql'
import { accessOf, defineDoor, defineEntities, open, withRouterDirectives } from '../../src/authorization/index.js'
import { ownAccess } from '../../src/access-control.js'
import { loadTypeDefs } from '../../src/graphql/schema.js'
import { defaultPolicy } from '../../src/policy.js'
import { directives, policyFor } from './scenario.js'

const sdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  type User @key(fields: "id") @auth { id: ID! @public email: String }
  type SignedIn @public { user: User }
  type Report @auth { id: ID! rows: Int }
  type Query {
    me: User @auth(as: PERSON)
    open: Int @public
    sync: Report @auth(as: MACHINE, permission: "audit:read")
    machines: Int @auth(as: MACHINE)
    counted: Int @auth(permission: "note:read")
  }
  type Mutation { signIn: SignedIn @public }`

const door = defineDoor({
  Query: {
    me: { ask: open },
    open: { ask: open },
    sync: { ask: open, permission: 'audit:read' },
    machines: { ask: open },
    counted: { ask: open, permission: 'note:read' },
    _service: { ask: open },
    _entities: { ask: open },
  },
  Mutation: { signIn: { ask: open, scope: 'public', alone: true, switchesCaller: true } },
})

function routed(): string {
  const documents = [parse(directives), parse(sdl)]
  const schema = buildSubgraphSchema(concatAST(documents))
  const access = accessOf(schema, { policy: policyFor(sdl), door, entities: defineEntities({}) })
  return print(concatAST(withRouterDirectives(documents, access)))
}

test('A router is told what nobody anonymous can reach', () => {
  const text = routed()
  expect(text).toContain('me: User @auth(as: PERSON) @authenticated')
  expect(text).toContain('machines: Int @auth(as: MACHINE) @authenticated')
  expect(text).toContain('counted: Int @auth(permission: "note:read") @authenticated')
  expect(text).toContain('rows: Int @authenticated')
  expect(text).toMatch(/open: Int @public\n/)
  expect(text).toContain('import: ["@key", "@authenticated", "@requiresScopes"]')
})

test('but not what a sign-in hands to a stranger', () => {
  expect(routed()).toMatch(/email: String\n/)
})

test('A router is told of scopes where machines alone may pass', () => {
  expect(routed()).toContain('@requiresScopes(scopes: [["audit:read"], ["audit:*"]])')
})

test('Our own schema composes with them', () => {
  const documents = withRouterDirectives(loadTypeDefs(), ownAccess(defaultPolicy))
  const result = composeServices([{ name: 'portcullis', typeDefs: concatAST(documents), url: 'http://127.0.0.1/' }])
  expect(compositionHasErrors(result) ? result.errors.map(({ message }) => message) : []).toEqual([])
  expect(result.supergraphSdl).toMatch(/me: User[^\n]*@authenticated/)
  expect(result.supergraphSdl).toMatch(/email: EmailAddress(?![^\n]*@authenticated)/)
})
