/**
 * The door and the guards taken away: the resolvers alone, over the services of the running server. What the services
 * then still refuse, they refuse by themselves.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { isObjectType, type GraphQLResolveInfo } from 'graphql'
import { bareSchema, createAuthorization, ownAccess } from '../../src/access-control.js'
import { door } from '../../src/door.js'
import { anonymous } from '../../src/kernel/caller.js'
import { systemClock } from '../../src/kernel/clock.js'
import { NotFound } from '../../src/kernel/errors.js'
import type { Subject } from '../../src/kernel/subject.js'
import { defaultPolicy } from '../../src/policy.js'
import { asMachine, asPerson, contextFor } from '../matrix/askers.js'
import { cellAt, committedMatrix } from '../matrix/committed.js'
import { refusals, variablesFor } from '../matrix/compare.js'
import { operationFor } from '../matrix/routes.js'
import { startWorld, type Column, type World } from '../matrix/world.js'
import type { SignedInPerson } from '../support/people.js'

const schema = bareSchema()
const matrix = committedMatrix()
const operations = [...door.lines].flatMap(([root, lines]) =>
  [...lines].map(([name, line]) => {
    const field = `${root}.${name}`
    return { field, line, ...operationFor(schema, field, { via: [] }) }
  }),
)
const namesAnObject = ({ variables }: { variables: readonly string[] }): boolean =>
  ['user', 'session', 'suspended', 'userReference'].some((name) => variables.includes(name))
const fieldsWhere = (is: (operation: (typeof operations)[number]) => boolean): string[] =>
  operations.filter(is).map(({ field }) => field)

const onObjects = fieldsWhere(namesAnObject)
const lists = fieldsWhere(({ field, line }) => line.scope === 'filter' && !onObjects.includes(field))
const proving = fieldsWhere(({ variables }) => variables.includes('refreshToken'))
const onOneself = fieldsWhere(({ field, line }) => line.scope === 'self' && !proving.includes(field))
/** There is nobody's object behind these. */
const aboutNobody = [
  'Query.explainPolicy',
  'Query.signInOptions',
  'Query._service',
  'Mutation.signUp',
  'Mutation.inviteUser',
  'Mutation.signIn',
  // Whoever has the token of a mail is nobody in particular either.
  'Mutation.verifyEmail',
  'Mutation.resendVerification',
  'Mutation.requestPasswordReset',
  'Mutation.resetPassword',
  'Mutation.confirmEmailChange',
  'Mutation.disownSession',
  'Mutation.completeSecondFactor',
  'Mutation.beginPasskeySignIn',
  'Mutation.completePasskeySignIn',
]

let world: World
let columns: Column[]
let bystander: SignedInPerson
beforeAll(async () => {
  world = await startWorld()
  columns = await world.columnsUnder({ policy: defaultPolicy, schema })
  bystander = await world.somebody()
})
afterAll(() => world.close())

const operationOf = (field: string) => operationFor(schema, field, { via: [] })
/** Everything below the root fields, in one row. */
const given = (data: unknown): unknown[] => Object.values(Object(data)).flat()

test('Each operation is looked at here', () => {
  const all = [...onObjects, ...lists, ...proving, ...onOneself, ...aboutNobody]
  expect(all.toSorted()).toEqual(operations.map(({ field }) => field).toSorted())
})

describe('without door and guards', () => {
  test.each(onObjects)('%s neither gives away nor changes what is somebody else’s', async (field) => {
    const operation = operationOf(field)
    const other = operation.variables.includes('suspended') ? await world.suspended() : bystander
    const before = await world.stored([other.userId])
    for (const { name, standing } of columns) {
      const cell = field === 'Query._entities' ? 'Query.user' : field
      if (cellAt(matrix, cell, name).outcome === 'allow') continue
      const { data, errors } = await standing.asks(
        operation.text,
        variablesFor(operation, standing, { whose: 'foreign', other }),
      )
      expect([name, given(data).filter((each) => each !== null)]).toEqual([name, []])
      // Routers are told nothing, not even that they were refused.
      if (field !== 'Query._entities')
        expect([name, refusals]).toEqual([name, expect.arrayContaining([errors[0]?.code])])
    }
    expect(await world.stored([other.userId])).toEqual(before)
  })

  test.each(onOneself)('%s is nothing to nobody, and touches nobody but the caller', async (field) => {
    const operation = operationOf(field)
    const before = await world.stored([bystander.userId])
    for (const { name, fresh } of columns) {
      const actor = await fresh()
      const variables = variablesFor(operation, actor, { whose: 'one’s own by nature', other: bystander })
      const { data, errors } = await actor.asks(operation.text, variables)
      if (name === 'anonymous') expect(given(data).filter((each) => each !== null)).toEqual([])
      if (cellAt(matrix, field, name).outcome === 'deny') expect([name, errors.length]).toEqual([name, 1])
    }
    expect(await world.stored([bystander.userId])).toEqual(before)
  })

  test.each(proving)('%s wants the secrets of the very session that is named', async (field) => {
    const { text } = operationOf(field)
    const before = await world.stored([bystander.userId])
    for (const { name, standing } of columns) {
      const [, ...secrets] = (standing.account ?? (await world.somebody())).refreshToken.split('.')
      const refreshToken = [bystander.sessionId, ...secrets].join('.')
      const { data, errors } = await standing.asks(text, { refreshToken })
      expect([name, data, errors[0]?.code]).toEqual([name, null, 'UNAUTHENTICATED'])
    }
    expect(await world.stored([bystander.userId])).toEqual(before)
  })

  test.each(lists)('%s holds what the caller may see, and nothing else', async (field) => {
    const [root, selection] = field === 'Query.users' ? ['users', 'id'] : ['auditEvents', 'actorId subjectId']
    for (const { name, standing } of columns) {
      const { data, errors } = await standing.asks(`{ list: ${root}(first: 100) { edges { node { ${selection} } } } }`)
      const nodes: object[] = (data?.list?.edges ?? []).map(({ node }: { node: object }) => node)
      const foreign = nodes.filter((node) => !Object.values(node).includes(standing.account?.userId))
      const { outcome } = cellAt(matrix, field, name)
      if (outcome !== 'allow') expect([name, foreign]).toEqual([name, []])
      if (outcome === 'deny') expect([name, nodes, refusals.includes(errors[0]?.code ?? '')]).toEqual([name, [], true])
    }
  })

  test('the sessions of a person are not given to whoever has got hold of that person', async () => {
    const type = schema.getType('User')
    const resolve = isObjectType(type) ? type.getFields()['sessions']?.resolve : undefined
    if (resolve === undefined) throw new Error('There is no such resolver')
    const { app } = world.server
    const [member, foreign] = await Promise.all(
      [await world.somebody(), bystander].map(({ userId }) => app.users.find(userId)),
    )
    if (!member || !foreign) throw new Error('Both were made')
    const services = { ...app, authorization: createAuthorization(ownAccess(defaultPolicy), systemClock) }
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the resolver does not read it
    const info = {} as GraphQLResolveInfo
    for (const caller of [anonymous, asPerson(member, 'ses_1', defaultPolicy), asMachine(member, defaultPolicy)]) {
      const ask = async (user: Subject): Promise<unknown> =>
        resolve(user, { first: 5 }, contextFor(services, caller), info)
      await expect(ask(foreign)).rejects.toThrow(NotFound)
      if (caller.kind !== 'anonymous') await expect(ask(member)).resolves.toMatchObject({ totalCount: 1 })
    }
  })
})
