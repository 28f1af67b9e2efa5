import {
  GraphQLError,
  Kind,
  parse,
  validate,
  type ASTVisitor,
  type DirectiveNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql'

/** security.md, Defaults, "GraphQL". Tokens are counted by the parser, bytes by the edge. */
export const maxTokens = 2_000
// Comparing fields of one name for merging is quadratic, and aliases are not needed for that: hence a bound on all.
const limits = { depth: 12, aliases: 15, rootFields: 20, directives: 20, total: 300, repeats: 10 }

/** Of a selection set with everything that its fragments bring in. */
interface Size {
  readonly depth: number
  readonly aliases: number
  readonly directives: number
  /** Fields at its own level; for the root, what runs. */
  readonly fields: number
  /** Fields at every level, introspection included. */
  readonly total: number
  /** How often the same field stands in one selection set, at most. */
  readonly repeats: number
}

const nothing: Size = { depth: 0, aliases: 0, directives: 0, fields: 0, total: 0, repeats: 0 }

/**
 * How large one operation may be. Looks at the whole document before any other rule does, and ends the visit when it
 * finds too much: the rule that compares fields for merging takes a third of a second for 2,000 tokens.
 */
export const sizeLimits: ValidationRule = (context: ValidationContext): ASTVisitor => ({
  Document({ definitions }) {
    const measure = createMeasure((name) => context.getFragment(name))
    const schema = context.getSchema()
    const rootTypes = [schema.getQueryType()?.name, schema.getMutationType()?.name]
    const errors = definitions.flatMap((definition) => {
      // Fragments on their own, too: one that nothing spreads would be refused only after it had been compared.
      const isExecutable = definition.kind === Kind.OPERATION_DEFINITION || definition.kind === Kind.FRAGMENT_DEFINITION
      if (!isExecutable) return []
      const isRoot = !('typeCondition' in definition) || rootTypes.includes(definition.typeCondition.name.value)
      const size = measure(definition)
      const sentences = excesses(isOfIntrospection(definition) ? { ...nothing, total: size.total } : size, isRoot)
      const options = { nodes: definition, extensions: { reason: 'LIMIT_EXCEEDED' } }
      return sentences.map((sentence) => new GraphQLError(sentence, options))
    })
    for (const error of errors) context.reportError(error)
    // To a visitor, null is "without this node": nothing is left to visit, for any rule.
    return errors.length > 0 ? null : undefined
  },
})

/** Whether a document could be sent as one: for those that come as a text inside of another one. */
export function isTooLarge(text: string, schema: GraphQLSchema): boolean {
  try {
    return validate(schema, parse(text, { maxTokens }), [sizeLimits]).length > 0
  } catch {
    // Not a document at all: whoever reads it says so.
    return false
  }
}

/** A fragment on `__Type` can stand nowhere but inside an introspection, which is deep by nature. */
function isOfIntrospection(definition: OperationDefinitionNode | FragmentDefinitionNode): boolean {
  return definition.kind === Kind.FRAGMENT_DEFINITION && definition.typeCondition.name.value.startsWith('__')
}

function excesses({ depth, aliases, directives, fields, total, repeats }: Size, isRoot: boolean): string[] {
  const found: string[] = []
  if (depth > limits.depth) found.push(`An operation may be ${limits.depth} levels deep.`)
  if (aliases > limits.aliases) found.push(`An operation may have ${limits.aliases} aliases.`)
  if (isRoot && fields > limits.rootFields) found.push(`An operation may have ${limits.rootFields} root fields.`)
  if (total > limits.total) found.push(`An operation may have ${limits.total} fields.`)
  if (repeats > limits.repeats) found.push(`A field may be asked for ${limits.repeats} times in one place.`)
  if (directives > limits.directives) found.push(`An operation may have ${limits.directives} directives.`)
  return found
}

/**
 * Every fragment is measured once and then counted wherever it is spread: a fragment of two spreads of a fragment of
 * two spreads… is exponential to walk and linear to measure.
 */
function createMeasure(fragmentOf: (name: string) => FragmentDefinitionNode | null | undefined) {
  const known = new Map<string, Size>()

  function measureFragment(name: string): Size {
    const measured = known.get(name)
    if (measured !== undefined) return measured
    // While it is being measured it counts as nothing: a cycle ends here, and NoFragmentCycles refuses it.
    known.set(name, nothing)
    const fragment = fragmentOf(name)
    const size = fragment ? withDirectives(measureSet(fragment.selectionSet), fragment.directives) : nothing
    known.set(name, size)
    return size
  }

  function measureSet({ selections }: SelectionSetNode): Size {
    let { depth, aliases, directives, fields, total } = nothing
    let repeats = mostRepeated(selections)
    for (const selection of selections) {
      const size = withDirectives(measureSelection(selection), selection.directives)
      depth = Math.max(depth, size.depth)
      aliases += size.aliases
      directives += size.directives
      fields += size.fields
      total += size.total
      repeats = Math.max(repeats, size.repeats)
    }
    return { depth, aliases, directives, fields, total, repeats }
  }

  function measureSelection(selection: SelectionNode): Size {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return measureFragment(selection.name.value)
    if (selection.kind === Kind.INLINE_FRAGMENT) return measureSet(selection.selectionSet)
    // What introspection asks for is deep by nature, reads no data and has a depth rule of its own in graphql-js.
    const isIntrospection = selection.name.value === '__schema' || selection.name.value === '__type'
    const inside = selection.selectionSet ? measureSet(selection.selectionSet) : nothing
    const within = isIntrospection ? { ...nothing, total: inside.total, repeats: inside.repeats } : inside
    const aliases = within.aliases + (selection.alias === undefined ? 0 : 1)
    return {
      depth: within.depth + 1,
      aliases,
      directives: within.directives,
      fields: 1,
      total: within.total + 1,
      repeats: within.repeats,
    }
  }

  return (definition: OperationDefinitionNode | FragmentDefinitionNode): Size => {
    const size = withDirectives(measureSet(definition.selectionSet), definition.directives)
    const ofVariables = definition.variableDefinitions?.flatMap(({ directives }) => directives ?? [])
    return withDirectives(size, ofVariables)
  }
}

/** Fragments are not looked into: what they repeat is counted where it stands, and in the total. */
function mostRepeated(selections: readonly SelectionNode[]): number {
  const times = new Map<string, number>()
  for (const selection of selections) {
    if (selection.kind !== Kind.FIELD) continue
    const name = selection.alias?.value ?? selection.name.value
    times.set(name, (times.get(name) ?? 0) + 1)
  }
  return Math.max(0, ...times.values())
}

function withDirectives(size: Size, directives: readonly DirectiveNode[] | undefined): Size {
  if (directives === undefined || directives.length === 0) return size
  return { ...size, directives: size.directives + directives.length }
}
