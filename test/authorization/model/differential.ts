import { inspect } from 'node:util'
import type { GeneratorValue } from 'fast-check'
import { PolicyInvalid } from '../../../src/authorization/index.js'
import { askedBy } from './asked-policy.js'
import { compiled, type Steps } from './compiled.js'
import { diceOf, type Dice } from './dice.js'
import { generateData } from './generate-data.js'
import { generateOperation } from './generate-operation.js'
import { generateCaller, generatePolicy, now } from './generate-policy.js'
import { generateSchema, namesEntity } from './generate-schema.js'
import { features } from './features.js'
import { naive } from './naive.js'
import type { CallerFacts, Request, World } from './world.js'

/** The same one for every run, so that a run that fails, fails again. */
export const seed = 20_300_101
export const runs = 300

/** What was seen, so that a test can tell that it has seen enough. */
export interface Tally {
  refusedSchemas: number
  answers: number
  texts: number
  readonly codes: Map<string, number>
}

export const newTally = (): Tally => ({ refusedSchemas: 0, answers: 0, texts: 0, codes: new Map() })

/** The engine and the naive reader do not say the same. */
export class Disagreement extends Error {}

/** One random world with a few requests, to both. @throws Disagreement */
export async function compare(
  generate: GeneratorValue,
  planted: Partial<Steps> = {},
  tally = newTally(),
): Promise<void> {
  const dice = diceOf(generate)
  const schema = generateSchema(dice)
  const world: World = {
    sdl: schema.sdl,
    policy: askedBy(schema.sdl, generatePolicy(dice)),
    data: generateData(dice, schema),
    now,
    ...(features.filter && { scopes: scopesFrom(dice, schema.types.get('Query')?.fields ?? []) }),
  }
  const reader = naive(world)
  if (reader.faults.length > 0) {
    tally.refusedSchemas++
    // What is planted is about answers; who may not start is another question.
    if (Object.keys(planted).length === 0) mustRefuse(world, reader.faults)
    return
  }

  const engine = compiled(world, planted)
  const people = [{ kind: 'anonymous' as const }, ...dice.times(5, () => generateCaller(dice))]
  for (const operation of dice.times(3, () => generateOperation(dice, schema))) {
    for (const caller of people) {
      const later = operation.source.startsWith('mutation') ? dice.times(2, () => laterCaller(dice, caller)) : []
      const request: Request = { ...operation, callers: [caller, ...later] }
      const [expected, actual] = [reader.ask(request), await engine.ask(request)]
      if (JSON.stringify(actual) !== JSON.stringify(expected)) {
        throw new Disagreement(describe(world, { request, expected, actual }))
      }
      tally.answers++
      if (JSON.stringify(expected.data).includes(' of ')) tally.texts++
      for (const [, code] of expected.refusals) tally.codes.set(code, (tally.codes.get(code) ?? 0) + 1)
    }
  }
}

/** Each object once, the objects that it leads to by their type only. */
function describe({ sdl, policy, data }: World, seen: object): string {
  const objects = new Set<unknown>([data.Query, data.Mutation])
  for (const object of objects) {
    for (const value of [Object.values(object as object)].flat(3)) {
      if (typeof value === 'object' && value !== null && '__typename' in value) objects.add(value)
    }
  }
  const table = [...objects].map((object) => inspect(object, { depth: 0, breakLength: Infinity })).join('\n')
  return `${sdl}\n${JSON.stringify(policy)}\n${table}\n${inspect(seen, { depth: 20, breakLength: 120 })}`
}

function mustRefuse(world: World, faults: readonly string[]): void {
  try {
    compiled(world)
  } catch (error) {
    if (error instanceof PolicyInvalid) return
    throw error
  }
  throw new Disagreement(`The engine serves a schema with faults at ${faults.join(', ')}:\n${world.sdl}`)
}

/** Mostly the same; sometimes the session is over, or the roles have changed. */
function laterCaller(dice: Dice, caller: CallerFacts): CallerFacts {
  if (dice.chance(15)) return { kind: 'anonymous' }
  if (caller.kind === 'anonymous' || !dice.chance(30)) return caller
  return { ...caller, roles: dice.some(['base', 'clerk', 'chief', 'boss'], 40) }
}

function scopesFrom(dice: Dice, fields: readonly string[]): NonNullable<World['scopes']> {
  return Object.fromEntries(
    dice
      .some(
        fields.filter((field) => !namesEntity(field)),
        30,
      )
      .map((field) => [`Query.${field}`, 'filter']),
  )
}
