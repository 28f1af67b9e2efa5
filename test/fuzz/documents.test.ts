import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { constantFrom, nat, record } from 'fast-check'
import {
  getNamedType,
  graphql,
  isAbstractType,
  isObjectType,
  Kind,
  parse,
  visit,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql'
import { diceFor } from '../../scripts/fuzz/dice.mjs'
import { generateDocument } from '../../scripts/fuzz/documents.mjs'
import { plausibleValues } from '../../scripts/fuzz/plausible.mjs'
import { bareSchema, createAuthorization, ownAccess } from '../../src/access-control.js'
import { authorizeSchema } from '../../src/authorization/index.js'
import { door } from '../../src/door.js'
import { entities } from '../../src/graphql/loaders.js'
import { loadTypeDefs } from '../../src/graphql/schema.js'
import { anonymous, type Caller } from '../../src/kernel/caller.js'
import { systemClock } from '../../src/kernel/clock.js'
import type { Subject } from '../../src/kernel/subject.js'
import { defaultPolicy } from '../../src/policy.js'
import { asPerson, contextFor } from '../matrix/askers.js'
import { cellAt, committedMatrix } from '../matrix/committed.js'
import { rulesFor } from '../matrix/world.js'
import { goodPassword, newEmail } from '../support/people.js'
import { startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'
import { slowClaim } from './finding.js'

type Who = 'anonymous' | 'member' | 'admin'

const matrix = committedMatrix()
const documented = rulesFor(defaultPolicy).schema
const authorization = createAuthorization(ownAccess(defaultPolicy), systemClock)
let server: TestPortcullis
let callers: Record<Who, Caller>
let ids: string[]
/** What only the victim and holders of a permission may read. */
let onlyTheirs: string[]

beforeAll(async () => {
  server = await startTestPortcullis()
  const people = ['member', 'admin', 'member'].map((role) => ({
    email: newEmail(),
    password: goodPassword,
    roles: [role],
  }))
  const [member, admin, victim] = await server.app.accounts.provision(people)
  if (!member || !admin || !victim) throw new Error('Nobody was made')
  const device = { name: 'hunter2 on Linux', ipPrefix: null }
  const { session } = await server.app.sessions.start({ user: victim, assurance: 'aal1', device, delivery: 'body' })
  const about = victimFacts(victim)
  await server.app.database.connection
    .collection<{ _id: string }>('users')
    .updateOne({ _id: victim.id }, { $set: about })
  // As somebody reads it who was suspended a moment ago: even of themselves it is not for them.
  const suspension = { at: new Date(), reason: 'Sold the silver.' }
  callers = {
    anonymous,
    member: asPerson({ ...member, suspension }, 'ses_1', defaultPolicy),
    admin: asPerson(admin, 'ses_2', defaultPolicy),
  }
  ids = [member.id, victim.id, session.id]
  onlyTheirs = [victim.email, about.displayName, device.name, 'Sold the silver.']
})
afterAll(() => server.close())

const victimFacts = ({ id }: Subject) => ({ displayName: `Victim ${id}` })

interface Question {
  readonly who: Who
  readonly seed: number
}

const questions = record({ who: constantFrom<Who[]>('anonymous', 'member', 'member', 'admin'), seed: nat() })

/** Somebody else asks from there on. */
const switching = /signIn|signUp|refreshSession/

function documentOf(seed: number): { query: string; variables: Record<string, unknown> } {
  for (let number = 0; ; number += 1) {
    const dice = diceFor(seed, number)
    const known = { ids, emails: onlyTheirs.slice(0, 1), refreshToken: 'ses_1.a.b' }
    const made = generateDocument(
      dice,
      documented,
      plausibleValues(dice, known, () => `text ${dice.below(100)}`),
    )
    if (!switching.test(made.query)) return made
  }
}

async function tell(schema: GraphQLSchema, { who, seed }: Question) {
  const { query, variables } = documentOf(seed)
  const contextValue = contextFor({ ...server.app, authorization }, callers[who])
  const { data = null } = await graphql({ schema, source: query, contextValue, variableValues: variables })
  return { query, data: JSON.parse(JSON.stringify(data)) as unknown }
}

/** The fields that have a value and that the matrix denies. */
function deniedIn(query: string, data: unknown, who: Who): string[] {
  const { definitions } = parse(query)
  const fragments = new Map(
    definitions.flatMap((each): [string, FragmentDefinitionNode][] =>
      each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [],
    ),
  )
  const operation = definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION)
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('There is no operation')
  return below(documented.getRootType(operation.operation) ?? undefined, operation.selectionSet, data)

  function below(type: GraphQLNamedType | undefined, { selections }: SelectionSetNode, value: unknown): string[] {
    if (Array.isArray(value))
      return value.flatMap((each) => below(type, { kind: Kind.SELECTION_SET, selections }, each))
    if (typeof value !== 'object' || value === null) return []
    return selections.flatMap((selection) => {
      if (selection.kind === Kind.FIELD) {
        const { name, alias, selectionSet } = selection
        const [, found] = Object.entries(value).find(([key]) => key === (alias ?? name).value) ?? []
        const parent = concrete(type)
        const field = parent?.getFields()[name.value]
        if (found === undefined || found === null || parent === undefined || field === undefined) return []
        const isDenied = cellAt(matrix, `${parent.name}.${name.value}`, who).outcome === 'deny'
        const inside = selectionSet ? below(getNamedType(field.type), selectionSet, found) : []
        return isDenied ? [`${parent.name}.${name.value}`, ...inside] : inside
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value)
      if (fragment === undefined) return []
      const on = fragment.typeCondition?.name.value
      return below(on === undefined ? type : documented.getType(on), fragment.selectionSet, value)
    })
  }
}

/** Of the abstract types each is one object type here, or its fields are asked of that. */
function concrete(type: GraphQLNamedType | undefined) {
  const [only] = isAbstractType(type) ? documented.getPossibleTypes(type) : []
  return isObjectType(type) ? type : only
}

/** The suspension is for whoever may read the person. */
function withoutOneRule(): GraphQLSchema {
  const documents = loadTypeDefs().map((document) =>
    visit(document, {
      FieldDefinition: (field) => (field.name.value === 'suspension' ? { ...field, directives: [] } : undefined),
    }),
  )
  return authorizeSchema(bareSchema(documents), { documents, policy: defaultPolicy, door, entities })
}

test('of a random document nothing comes out that the matrix denies, to nobody, a member or an administrator', async () => {
  const answered: Record<Who, number> = { anonymous: 0, member: 0, admin: 0 }
  await slowClaim<Question, GraphQLSchema>({
    inputs: questions,
    async holds(schema, question) {
      const { query, data } = await tell(schema, question)
      expect(deniedIn(query, data, question.who)).toEqual([])
      const text = JSON.stringify(data)
      if (question.who !== 'admin') for (const each of onlyTheirs) expect(text).not.toContain(each)
      if (schema === documented && data !== null && /":(?!null|\{|\[)/.test(text)) answered[question.who] += 1
    },
    real: documented,
    naive: withoutOneRule(),
    runs: 400,
  })
  // Who is answered nothing is shown nothing.
  for (const count of Object.values(answered)) expect(count).toBeGreaterThan(0)
}, 180_000)
