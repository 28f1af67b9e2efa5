import { Kind, print, type ASTNode, type ConstArgumentNode, type ConstDirectiveNode } from 'graphql'
import type { CallerKind } from './caller-rules.js'
import type { Fault } from './faults.js'
import { ownSuffix, withoutOwn } from './own-suffix.js'

export interface AuthMark {
  readonly as: CallerKind
  readonly permission: string | null
  readonly assurance: 'AAL1' | 'AAL2' | null
}

export interface OwnerMark {
  /** Of the object, or of the entity. */
  readonly field: string
  readonly or: string | null
  /** What is to be loaded, and the path of the argument that names it; null: the object itself is asked. */
  readonly entity: { readonly name: string; readonly arg: string } | null
}

/** The directives written at one place. */
export interface Marks {
  readonly public: boolean
  readonly auth: AuthMark | null
  readonly owner: OwnerMark | null
  /** As they stand in the schema, for explanations. */
  readonly written: readonly string[]
}

/** A definition and its extensions, or a field: whatever can carry directives. */
type Marked = ASTNode & { readonly directives?: readonly ConstDirectiveNode[] | undefined }

const callerKinds: readonly CallerKind[] = ['ANY', 'PERSON', 'MACHINE']
const assurances = ['AAL1', 'AAL2'] as const
/** Their values, in order. */
export const enums: Readonly<Record<string, readonly string[]>> = { CallerKind: callerKinds, Assurance: assurances }

interface Shape {
  readonly locations: readonly string[]
  readonly args: Readonly<Record<string, string>>
}

/** `schema/directives.graphql` in brief; a schema that declares something else under these names is refused. */
export const shapes: ReadonlyMap<string, Shape> = new Map([
  ['public', { locations: ['FIELD_DEFINITION', 'OBJECT'], args: {} }],
  [
    'auth',
    {
      locations: ['FIELD_DEFINITION', 'INTERFACE', 'OBJECT', 'UNION'],
      args: { as: 'CallerKind = ANY', permission: 'String', assurance: 'Assurance' },
    },
  ],
  [
    'owner',
    {
      locations: ['FIELD_DEFINITION', 'OBJECT'],
      args: { field: 'String = "userId"', entity: 'String', arg: 'String = "id"', or: 'String' },
    },
  ],
])

/** What is written at one place. `permissions` are all there are. */
export function marksAt(
  place: string,
  nodes: readonly (Marked | null | undefined)[],
  { permissions, faults }: { permissions: ReadonlySet<string>; faults: Fault[] },
): Marks {
  const written = nodes.flatMap((node) => node?.directives ?? []).filter(({ name }) => shapes.has(name.value))
  const complain = (problem: string, remedy: string): void => void faults.push({ place, problem, remedy })
  const values = new Map(written.map((node) => [node.name.value, valuesOf(node, place, faults)]))
  if (values.size < written.length) complain('carries the same directive twice', 'Write it once, extensions included')
  if (values.has('public') && values.size > 1) complain('is @public and guarded at once', 'Keep one of the two')
  const auth = values.get('auth')
  const owner = values.get('owner')
  if (owner?.has('arg') && !owner.has('entity')) complain('has an `arg` without an `entity`', 'Name the entity, too')
  // `@auth(permission: "profile:update@own")` is for what a caller does to itself: there the object is its own.
  const asked = auth?.get('permission')
  const or = owner?.get('or')
  if (or?.endsWith(ownSuffix)) complain(`says or: "${or}"`, `Drop ${ownSuffix}: owners pass by the own form anyway`)
  for (const permission of [asked, or].map((each) => each && withoutOwn(each))) {
    if (permission === undefined || permissions.has(permission)) continue
    complain(
      `names the unknown permission "${permission}"`,
      'Declare it in the permissions of its slice, or correct the name',
    )
  }
  return {
    public: values.has('public'),
    auth: auth ? authMark(auth) : null,
    owner: owner ? ownerMark(owner) : null,
    written: written.map((node) => print(node)),
  }
}

function ownerMark(values: ReadonlyMap<string, string>): OwnerMark {
  const name = values.get('entity')
  return {
    field: values.get('field') ?? 'userId',
    or: values.get('or') ?? null,
    entity: name === undefined ? null : { name, arg: values.get('arg') ?? 'id' },
  }
}

function authMark(values: ReadonlyMap<string, string>): AuthMark {
  return {
    as: callerKinds.find((kind) => kind === values.get('as')) ?? 'ANY',
    permission: values.get('permission') ?? null,
    assurance: assurances.find((level) => level === values.get('assurance')) ?? null,
  }
}

/** The arguments that are what they should be; graphql-js itself would drop an unknown name without a word. */
function valuesOf(directive: ConstDirectiveNode, place: string, faults: Fault[]): Map<string, string> {
  const values = new Map<string, string>()
  const args = shapes.get(directive.name.value)?.args ?? {}
  for (const argument of directive.arguments ?? []) {
    const name = argument.name.value
    const expected = Object.hasOwn(args, name) ? args[name] : undefined
    const value = expected === undefined ? null : valueOf(argument, expected)
    if (value !== null) values.set(name, value)
    else {
      const problem = `@${directive.name.value}(${name}: ${print(argument.value)}) is not understood`
      const remedy = `It takes ${
        Object.entries(args)
          .map((arg) => arg.join(': '))
          .join(', ') || 'no argument'
      }`
      faults.push({ place, problem, remedy })
    }
  }
  return values
}

function valueOf({ value }: ConstArgumentNode, expected: string): string | null {
  const [type = ''] = expected.split(' ')
  if (type === 'String') return value.kind === Kind.STRING && value.value !== '' ? value.value : null
  return value.kind === Kind.ENUM && enums[type]?.includes(value.value) ? value.value : null
}
