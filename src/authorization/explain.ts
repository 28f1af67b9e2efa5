import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  Kind,
  OperationTypeNode,
  parse,
  validate,
  type DocumentNode,
  type FragmentDefinitionNode,
  type FragmentSpreadNode,
  type GraphQLCompositeType,
  type GraphQLObjectType,
  type InlineFragmentNode,
  type SelectionSetNode,
} from 'graphql'
import type { Caller } from '../kernel/caller.js'
import { InvalidInput } from '../kernel/errors.js'
import { doorLineOf, verdictOn, type Access, type Verdict } from './access.js'
import { ruleNameOf } from './door.js'
import { cellOf } from './matrix.js'

/** What would become of one field of an operation, and which rules decide. */
export interface FieldExplanation {
  /** `me.sessions.edges`; under each concrete type where there are several. */
  readonly path: string
  /** `Type.field`. */
  readonly field: string
  /** As in the matrix: `allow`, `own`, `where`, `deny`, perhaps `, step-up`. */
  readonly verdict: string
  /** The code of the refusal, as far as it is known before there is an object. */
  readonly reason: string | null
  /** The condition of the door; null below the root. */
  readonly door: string | null
  readonly rules: readonly string[]
}

/** Selections, each as often as it is met: fragments and interfaces multiply them. */
const mostSteps = 5_000

/**
 * Field by field what the rules say to this caller. Nothing is executed.
 * @throws InvalidInput unless the text is one operation of this schema
 */
export function explainOperation(text: string, caller: Caller, access: Access, now: Date): FieldExplanation[] {
  const document = parsed(text, access)
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  const [operation] = operations
  const type = operation === undefined ? null : rootTypeOf(operation.operation, access)
  if (operation === undefined || operations.length > 1 || !type) {
    throw new InvalidInput({ operation: 'Give one query or mutation.' })
  }
  const fragments = new Map(
    document.definitions
      .filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
      .map((fragment) => [fragment.name.value, fragment]),
  )
  const found = new Map<string, FieldExplanation>()
  walk(operation.selectionSet, type, '', {
    access,
    caller,
    now,
    fragments,
    found,
    entered: new Set(),
    verdicts: new Map(),
    steps: 0,
  })
  return [...found.values()]
}

interface Walk {
  readonly access: Access
  readonly caller: Caller
  readonly now: Date
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
  /** By path and coordinate: the same field twice is one. */
  readonly found: Map<string, FieldExplanation>
  /** Fragments, each once per place: spreads of spreads of spreads would take for ever. */
  readonly entered: Set<string>
  /** By field; the same wherever it stands. */
  readonly verdicts: Map<string, Verdict>
  steps: number
}

function walk({ selections }: SelectionSetNode, type: GraphQLObjectType, path: string, walked: Walk): void {
  for (const selection of selections) {
    walked.steps += 1
    if (walked.steps > mostSteps) throw new InvalidInput({ operation: 'The operation is too large to explain.' })
    if (selection.kind === Kind.FIELD) {
      const name = selection.name.value
      const field = type.getFields()[name]
      // Introspection, which says nothing that is guarded.
      if (field === undefined) continue
      const at = path === '' ? (selection.alias?.value ?? name) : `${path}.${selection.alias?.value ?? name}`
      explainField(at, `${type.name}.${name}`, walked)
      const below = getNamedType(field.type)
      if (selection.selectionSet === undefined || !isCompositeType(below)) continue
      for (const concrete of concreteTypesOf(below, walked.access)) {
        walk(selection.selectionSet, concrete, isAbstractType(below) ? `${at}<${concrete.name}>` : at, walked)
      }
    } else {
      const fragment = fragmentOf(selection, `${path} ${type.name}`, walked)
      if (fragment !== undefined && appliesTo(fragment.typeCondition?.name.value, type, walked.access)) {
        walk(fragment.selectionSet, type, path, walked)
      }
    }
  }
}

function fragmentOf(selection: InlineFragmentNode | FragmentSpreadNode, place: string, walked: Walk) {
  if (selection.kind === Kind.INLINE_FRAGMENT) return selection
  const entry = `${place} ${selection.name.value}`
  if (walked.entered.has(entry)) return undefined
  walked.entered.add(entry)
  return walked.fragments.get(selection.name.value)
}

function explainField(path: string, field: string, { access, caller, now, found, verdicts }: Walk): void {
  const key = `${path} ${field}`
  if (found.has(key)) return
  const verdict = verdicts.get(field) ?? verdictOn(field, caller, access, now)
  verdicts.set(field, verdict)
  const line = doorLineOf(field, access)
  found.set(key, {
    path,
    field,
    verdict: cellOf(verdict),
    reason: verdict.refusal?.code ?? null,
    door: line === undefined ? null : ruleNameOf(line.ask),
    rules: access.written.get(field) ?? [],
  })
}

function concreteTypesOf(type: GraphQLCompositeType, { schema }: Access): readonly GraphQLObjectType[] {
  return isObjectType(type) ? [type] : schema.getPossibleTypes(type)
}

function appliesTo(condition: string | undefined, type: GraphQLObjectType, { schema }: Access): boolean {
  if (condition === undefined || condition === type.name) return true
  const named = schema.getType(condition)
  return isAbstractType(named) && schema.isSubType(named, type)
}

function rootTypeOf(operation: OperationTypeNode, { schema }: Access): GraphQLObjectType | null | undefined {
  if (operation === OperationTypeNode.SUBSCRIPTION) return null
  return operation === OperationTypeNode.MUTATION ? schema.getMutationType() : schema.getQueryType()
}

function parsed(text: string, { schema }: Access): DocumentNode {
  let document: DocumentNode
  try {
    document = parse(text, { maxTokens: 2_000, noLocation: true })
  } catch {
    throw new InvalidInput({ operation: 'This is not a GraphQL document.' })
  }
  if (validate(schema, document).length > 0) {
    throw new InvalidInput({ operation: 'This is not an operation of this schema.' })
  }
  return document
}
