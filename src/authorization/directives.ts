import {
  Kind,
  isEnumType,
  print,
  visit,
  type ASTNode,
  type ConstArgumentNode,
  type ConstDirectiveNode,
  type GraphQLSchema,
} from 'graphql'
import type { CallerKind } from './caller-rules.js'
import type { Fault } from './faults.js'

export interface AuthMark {
  readonly as: CallerKind
  readonly permission: string | null
  readonly assurance: 'AAL1' | 'AAL2' | null
}

export interface OwnerMark {
  readonly field: string
  readonly or: string | null
}

/** The directives written at one place. */
export interface Marks {
  readonly public: boolean
  readonly auth: AuthMark | null
  readonly owner: OwnerMark | null
}

/** A definition and its extensions, or a field: whatever can carry directives. */
type Marked = { readonly directives?: readonly ConstDirectiveNode[] | undefined }

/** Of a permission that is held for what one owns. */
export const ownSuffix = '@own'

const callerKinds: readonly CallerKind[] = ['ANY', 'PERSON', 'MACHINE']
const assurances = ['AAL1', 'AAL2'] as const
const enums: Readonly<Record<string, readonly string[]>> = { CallerKind: callerKinds, Assurance: assurances }

interface Shape {
  readonly locations: readonly string[]
  readonly args: Readonly<Record<string, string>>
}

/** `schema/directives.graphql` in brief; a schema that declares something else under these names is refused. */
const shapes: ReadonlyMap<string, Shape> = new Map([
  ['public', { locations: ['FIELD_DEFINITION', 'OBJECT'], args: {} }],
  [
    'auth',
    {
      locations: ['FIELD_DEFINITION', 'INTERFACE', 'OBJECT', 'UNION'],
      args: { as: 'CallerKind = ANY', permission: 'String', assurance: 'Assurance' },
    },
  ],
  ['owner', { locations: ['FIELD_DEFINITION', 'OBJECT'], args: { field: 'String = "userId"', or: 'String' } }],
])

const locationOf: Readonly<Record<string, string>> = {
  [Kind.OBJECT_TYPE_DEFINITION]: 'OBJECT',
  [Kind.OBJECT_TYPE_EXTENSION]: 'OBJECT',
  [Kind.INTERFACE_TYPE_DEFINITION]: 'INTERFACE',
  [Kind.INTERFACE_TYPE_EXTENSION]: 'INTERFACE',
  [Kind.UNION_TYPE_DEFINITION]: 'UNION',
  [Kind.UNION_TYPE_EXTENSION]: 'UNION',
  [Kind.FIELD_DEFINITION]: 'FIELD_DEFINITION',
}

const takeOurs = 'Take schema/directives.graphql as it is, without renaming on import'

/** Are the directives and their enums declared, under their own names, as the engine understands them? */
export function declarationFaults(schema: GraphQLSchema): Fault[] {
  const faults: Fault[] = []
  for (const [name, shape] of shapes) {
    const declared = schema.getDirective(name)
    const problem = declared ? 'is declared differently' : 'is not declared'
    // As written, not as coerced: inside, an enum may have other values (`aal2`) than in the SDL.
    const written = Object.fromEntries(
      (declared?.astNode?.arguments ?? []).map(({ name, type, defaultValue }) => [
        name.value,
        print(type) + (defaultValue ? ` = ${print(defaultValue)}` : ''),
      ]),
    )
    const locations = [...(declared?.locations ?? [])].sort()
    const same = sameText(locations, shape.locations) && sameText(written, shape.args) && !declared?.isRepeatable
    if (!same) faults.push({ place: `@${name}`, problem, remedy: takeOurs })
  }
  for (const [name, values] of Object.entries(enums)) {
    const type = schema.getType(name)
    const declared = isEnumType(type) ? type.getValues().map((value) => value.name) : []
    if (sameText(declared, values)) continue
    faults.push({ place: name, problem: `is not the enum ${values.join(' ')}`, remedy: takeOurs })
  }
  return faults
}

/** Directives where nobody would read them: on an argument, an input, a scalar. They would look enforced. */
export function placementFaults(schema: GraphQLSchema): Fault[] {
  const faults: Fault[] = []
  const inspect = (place: string, root: ASTNode): void => {
    visit(root, {
      Directive(node, _key, _parent, _path, ancestors) {
        const shape = shapes.get(node.name.value)
        const carrier = ancestors.at(-1)
        const location = carrier && 'kind' in carrier ? locationOf[carrier.kind] : undefined
        if (shape === undefined || (location !== undefined && shape.locations.includes(location))) return
        const remedy = `It may stand on: ${shape.locations.join(', ')}`
        faults.push({ place, problem: `@${node.name.value} stands where it means nothing`, remedy })
      },
    })
  }
  for (const { name, astNode, extensionASTNodes } of Object.values(schema.getTypeMap())) {
    for (const node of [astNode, ...extensionASTNodes]) if (node) inspect(name, node)
  }
  for (const node of [schema.astNode, ...schema.extensionASTNodes]) if (node) inspect('schema', node)
  return faults
}

/** What is written at one place. `permissions` are all there are. */
export function marksAt(
  place: string,
  nodes: readonly (Marked | null | undefined)[],
  { permissions, faults }: { permissions: ReadonlySet<string>; faults: Fault[] },
): Marks {
  const written = nodes.flatMap((node) => node?.directives ?? []).filter(({ name }) => shapes.has(name.value))
  const values = new Map(written.map((node) => [node.name.value, valuesOf(node, place, faults)]))
  if (values.size < written.length) {
    faults.push({ place, problem: 'carries the same directive twice', remedy: 'Write it once, extensions included' })
  }
  if (values.has('public') && values.size > 1) {
    faults.push({ place, problem: 'is @public and guarded at once', remedy: 'Keep one of the two' })
  }
  const auth = values.get('auth')
  const owner = values.get('owner')
  // `@auth(permission: "profile:update@own")` is for what a caller does to itself: there the object is its own.
  for (const permission of [auth?.get('permission')?.replace(/@own$/, ''), owner?.get('or')]) {
    if (permission === undefined || permissions.has(permission)) continue
    const remedy = 'Declare it in the permissions of its slice, or correct the name'
    faults.push({ place, problem: `names the unknown permission "${permission}"`, remedy })
  }
  return {
    public: values.has('public'),
    auth: auth ? authMark(auth) : null,
    owner: owner ? { field: owner.get('field') ?? 'userId', or: owner.get('or') ?? null } : null,
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

function sameText(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
