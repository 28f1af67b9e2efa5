/**
 * `viewer { can }` says allowed if and only if the operation, with otherwise valid input, is not refused by
 * authorization: for every permission that the door names. People ask over HTTP, machines in process.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ownAccess } from '../../src/access-control.js'
import { door } from '../../src/door.js'
import { defaultPolicy } from '../../src/policy.js'
import { inParallel, refusals } from '../matrix/compare.js'
import { operationFor, type Operation } from '../matrix/routes.js'
import { appOf, deviceOf, startWorld, unlessBusy, type Actor, type Column, type World } from '../matrix/world.js'
import { goodPassword, newEmail, type SignedInPerson } from '../support/people.js'

type Id = 'no id' | 'own' | 'foreign' | 'absent' | 'of another kind' | 'malformed'

interface Question {
  readonly permission: string
  readonly operation: Operation
  readonly column: Column
  readonly id: Id
  readonly proof: 'long ago' | 'just now'
}

const { schema } = ownAccess(defaultPolicy)
const named = [...door.lines].flatMap(([root, lines]) =>
  [...lines].flatMap(([name, { permission }]) =>
    permission === undefined
      ? []
      : [
          {
            permission: permission.replace(/@own$/, ''),
            operation: operationFor(schema, `${root}.${name}`, { via: [] }),
          },
        ],
  ),
)
const takesId = ({ variables }: Operation): boolean =>
  ['user', 'suspended', 'session'].some((name) => variables.includes(name))
const ids: readonly Id[] = ['own', 'foreign', 'absent', 'of another kind', 'malformed']
const reasonFor: Readonly<Record<string, string>> = {
  UNAUTHENTICATED: 'no viewer',
  FORBIDDEN: 'MISSING_PERMISSION',
  STEP_UP_REQUIRED: 'STEP_UP',
  NOT_FOUND: 'NOT_OWNER',
}
const canQuery = `query ($permission: String!, $id: ID) {
  viewer { permissions can(permission: $permission, id: $id) { allowed reason } }
}`

let world: World
let columns: Column[]
beforeAll(async () => {
  world = await startWorld()
  columns = await world.columns(defaultPolicy)
})
afterAll(() => world.close())

/** How old the proof is matters where the policy says so, and nowhere else. */
const proofsFor = (permission: string): readonly Question['proof'][] =>
  defaultPolicy.needOf(permission) === null ? ['just now'] : ['long ago', 'just now']

function questions(): Question[] {
  return named.flatMap(({ permission, operation }) =>
    columns.flatMap((column) =>
      (takesId(operation) ? ids : (['no id'] as const))
        .filter((id) => id !== 'own' || column.standing.account !== null)
        .flatMap((id) => proofsFor(permission).map((proof) => ({ permission, operation, column, id, proof }))),
    ),
  )
}

/** What the operation is asked with, where it names something. */
function idFor({ operation, id }: Question, own: SignedInPerson | null, other: SignedInPerson): string | null {
  const isOfSession = operation.variables.includes('session')
  const of = (account: SignedInPerson | null) => (isOfSession ? account?.sessionId : account?.userId) ?? ''
  const values: Record<Id, string | null> = {
    'no id': null,
    own: of(own),
    foreign: of(other),
    absent: `${isOfSession ? 'ses' : 'usr'}_${'0'.repeat(26)}`,
    'of another kind': `evt_${'0'.repeat(26)}`,
    malformed: '{"$ne":null}',
  }
  return values[id]
}

/** Both answers, in the words of `can`. */
async function answersTo(
  question: Question,
  actor: Actor,
  other: SignedInPerson,
): Promise<{ can: string; operation: string }> {
  const { permission, operation } = question
  const id = idFor(question, actor.account, other)
  const { data } = await actor.asks(canQuery, { permission, id })
  const { allowed, reason } = data.viewer?.can ?? { allowed: false, reason: 'no viewer' }
  const emails = { newEmail: newEmail(), ownEmail: actor.account?.email ?? newEmail() }
  const owner = actor.account ?? { userId: `usr_${'0'.repeat(26)}` }
  const ownThings = { authenticator: appOf(owner), device: deviceOf(owner) }
  const all: Record<string, unknown> = {
    user: id,
    suspended: id,
    session: id,
    password: goodPassword,
    ...emails,
    ...ownThings,
  }
  const variables = Object.fromEntries(operation.variables.map((name) => [name, all[name]]))
  const { errors } = await actor.asks(operation.text, variables)
  const code = errors[0]?.code ?? ''
  // To those who hold it for everything "not found" is a fact about the id, and no refusal.
  const isAbsent = code === 'NOT_FOUND' && data.viewer?.permissions.includes(permission) === true
  // Whoever is a viewer is signed in: it is the challenge in the input that is none. Where there is none, nothing else is.
  const isFact =
    isAbsent || (code === 'UNAUTHENTICATED' && data.viewer !== null && operation.text.includes('challenge:'))
  const isRefused = refusals.includes(code) && !isFact
  return { can: allowed ? 'allowed' : reason, operation: isRefused ? (reasonFor[code] ?? code) : 'allowed' }
}

test('can says allowed if and only if the operation is not refused, and why not', async () => {
  const all = questions()
  const [order = []] = fc.sample(fc.shuffledSubarray(all, { minLength: all.length }), { numRuns: 1, seed: 20_301 })
  const bystander = await world.somebody()
  const answers = new Map<Question, { can: string; operation: string }>()
  const answer = async (question: Question) => {
    const { operation, column, id, proof } = question
    const isChanging = operation.isMutation && (id === 'own' || id === 'no id')
    const needsProof = proofsFor(question.permission).length > 1
    const isStanding = needsProof ? proof === 'long ago' : !isChanging
    const actor = isStanding ? column.standing : await column.fresh()
    const other = operation.isMutation && id === 'foreign' ? await world.somebody() : bystander
    return answersTo(question, actor, other)
  }
  await inParallel(8, order, async (question) => {
    answers.set(question, await unlessBusy(() => answer(question)))
  })
  const different = [...answers].filter(([, { can, operation }]) => can !== operation)
  const sentences = different.map(
    ([{ permission, operation, column, id, proof }, answer]) =>
      `${permission} by ${operation.along[0]}, ${column.name}, ${id}, proven ${proof}: ${JSON.stringify(answer)}`,
  )
  expect(sentences).toEqual([])
  // Every answer that there is has been given.
  expect(new Set([...answers.values()].map(({ can }) => can))).toEqual(
    new Set(['allowed', ...Object.values(reasonFor)]),
  )
}, 120_000)
