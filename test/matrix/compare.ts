import { isDeepStrictEqual } from 'node:util'
import type { GraphQLSchema } from 'graphql'
import { newEmail, type SignedInPerson } from '../support/people.js'
import type { Reply } from './askers.js'
import type { Matrix } from '../../src/authorization/index.js'
import { door } from '../../src/door.js'
import { cellAt } from './committed.js'
import { operationFor, otherAnswers, routes, type Operation, type Route } from './routes.js'
import { appOf, deviceOf, type Actor, type Column, type World } from './world.js'

/** Codes by which authorization refuses; every other error is about the input or about the state of things. */
export const refusals: readonly string[] = ['UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'STEP_UP_REQUIRED']

/** Whose it is, what is asked for; `one’s own by nature` where no argument names anything. */
type Whose = 'own' | 'foreign' | 'one’s own by nature'

interface Question {
  readonly field: string
  readonly route: Route
  readonly operation: Operation
  readonly column: Column
  readonly whose: Whose
  readonly proof: 'long ago' | 'just now'
}

export interface Comparison {
  readonly cells: number
  readonly requests: number
  /** One sentence for each request that was not answered as the matrix says. */
  readonly disagreements: readonly string[]
}

export interface Compared {
  readonly world: World
  readonly schema: GraphQLSchema
  readonly matrix: Matrix
  readonly columns: readonly Column[]
}

/** Requests for every cell of these fields, a few at a time. */
export async function compare(fields: readonly string[], compared: Compared): Promise<Comparison> {
  const { world, schema, matrix, columns } = compared
  const bystander = {
    active: await world.somebody(),
    suspended: await world.suspended(),
    enrolled: await world.enrolled(),
  }
  const missing = fields.filter((field) => (routes[typeOf(field)] ?? []).length === 0)
  const questions = fields.flatMap((field) =>
    (routes[typeOf(field)] ?? []).flatMap((route) => {
      const operation = operationFor(schema, field, route)
      return columns.flatMap((column) => questionsAbout({ field, route, operation, column }, matrix))
    }),
  )
  const disagreements: string[] = missing.map((field) => `${field} has no route to ${typeOf(field)}`)
  await inParallel(8, questions, async (question) => {
    const fault = await faultOf(question, { ...compared, bystander })
    if (fault !== null) disagreements.push(`${question.field} × ${question.column.name}: ${fault}`)
  })
  return { cells: fields.length * columns.length, requests: questions.length, disagreements: disagreements.toSorted() }
}

const typeOf = (field: string): string => field.split('.')[0] ?? ''

function questionsAbout(about: Omit<Question, 'whose' | 'proof'>, matrix: Matrix): Question[] {
  const { operation, column } = about
  const names = (variable: string) => operation.variables.includes(variable)
  const isNaming = names('user') || names('session') || names('userReference')
  const whose: Whose[] = names('suspended') ? ['foreign'] : isNaming ? ['own', 'foreign'] : ['one’s own by nature']
  const needsProof = operation.along.some((field) => cellAt(matrix, field, column.name).stepUp)
  return whose
    .filter((each) => each !== 'own' || column.standing.account !== null)
    .flatMap((each) => [
      { ...about, whose: each, proof: 'long ago' as const },
      ...(needsProof ? [{ ...about, whose: each, proof: 'just now' as const }] : []),
    ])
}

/** What the cells along the way say together: the first that refuses decides. */
function predicted({ route, operation, column, whose, proof }: Question, matrix: Matrix): string {
  const refusalAt = (field: string): string | null => {
    const { outcome, stepUp } = cellAt(matrix, field, column.name)
    if (outcome === 'deny') return 'refused'
    if (stepUp && proof === 'long ago') return 'STEP_UP_REQUIRED'
    // The default policy has no conditions; should it get one, this test must learn to ask for objects that meet it.
    if (outcome !== 'allow' && outcome !== 'own') return `a cell that this test does not know: ${outcome}`
    return outcome === 'own' && whose === 'foreign' ? 'refused' : null
  }
  if (route.hiddenLike !== undefined && refusalAt(route.hiddenLike) !== null) return 'hidden'
  for (const field of operation.along) {
    const refusal = refusalAt(field)
    if (refusal !== null) return refusal
  }
  return otherAnswers[operation.along.at(-1) ?? '']?.[whose] ?? 'allowed'
}

interface Surroundings extends Compared {
  readonly bystander: {
    readonly active: SignedInPerson
    readonly suspended: SignedInPerson
    readonly enrolled: SignedInPerson
  }
}

/** What is wrong with the answer, or null. */
async function faultOf(question: Question, { world, matrix, bystander }: Surroundings): Promise<string | null> {
  const { operation, column, whose, proof } = question
  const expected = predicted(question, matrix)
  const changes = operation.isMutation
  const isRefusedChange = changes && (expected === 'refused' || expected === 'STEP_UP_REQUIRED')
  // Whoever is refused, or asks for what proves itself, is none the worse for it and need be nobody new.
  const leavesTraces = changes && !isRefusedChange && !door.bringsOwnProof(operation.path[0] ?? '')
  const actor = leavesTraces ? await column.fresh() : column.standing
  const isSuspended = operation.variables.includes('suspended')
  const other = changes
    ? await (isSuspended ? world.suspended() : world.somebody())
    : isSuspended
      ? bystander.suspended
      : bystander.active
  const enrolledEmail = bystander.enrolled.email
  const variables = { ...variablesFor(operation, actor, { whose, other }), ...named(operation, { enrolledEmail }) }
  const involved = [other.userId, ...(actor.account === null ? [] : [actor.account.userId])]
  const before = isRefusedChange ? await world.stored(involved) : null
  const reply = await actor.asks(operation.text, variables)
  const got = outcomeOf(reply, operation)
  const isAsExpected = got === expected || (expected === 'refused' && refusals.includes(got))
  if (!isAsExpected) return `${whose}, proven ${proof}: the matrix says ${expected}, the request says ${got}`
  if (isRefusedChange && !isDeepStrictEqual(await world.stored(involved), before)) {
    return `${whose}, proven ${proof}: refused, and yet something was written`
  }
  return null
}

/** Those of the values that the operation asks for. */
function named({ variables }: Operation, values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => variables.includes(name)))
}

export function variablesFor(
  { variables, along }: Operation,
  { account }: Actor,
  { whose, other }: { whose: Whose; other: SignedInPerson },
): Record<string, unknown> {
  const target = whose === 'own' && account !== null ? account : other
  const all: Record<string, unknown> = {
    user: target.userId,
    suspended: other.userId,
    session: target.sessionId,
    authenticator: appOf(account ?? other),
    device: deviceOf(account ?? other),
    userReference: [{ __typename: 'User', id: target.userId }],
    email: other.email,
    newEmail: newEmail(),
    ownEmail: account?.email ?? other.email,
    password: along[0] === 'Mutation.changePassword' && account !== null ? account.password : other.password,
    refreshToken: other.refreshToken,
  }
  return Object.fromEntries(variables.map((name) => [name, all[name]]))
}

function outcomeOf({ data, errors }: Reply, { path }: Operation): string {
  const [error] = errors
  if (error !== undefined) {
    const isOnTheWay = error.path.every((name, index) => path[index] === name)
    return isOnTheWay && errors.length === 1 ? error.code : `errors elsewhere: ${JSON.stringify(errors)}`
  }
  // Without an error, there must be an object that the field was asked of; the field itself may be null.
  let object: unknown = data
  for (const name of path.slice(0, -1)) {
    const value: unknown = isRecord(object) ? object[name] : undefined
    object = Array.isArray(value) ? value[0] : value
  }
  const name = path.at(-1) ?? ''
  return isRecord(object) && name in object ? 'allowed' : 'hidden'
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

export async function inParallel<Item>(width: number, items: readonly Item[], work: (item: Item) => Promise<void>) {
  const queue = items.values()
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const item of queue) await work(item)
    }),
  )
}
