import { Kind, OperationTypeNode, type DocumentNode, type FragmentDefinitionNode, type SelectionSetNode } from 'graphql'
import type { Has } from './defects.js'

interface Size {
  readonly depth: number
  readonly aliases: number
  readonly directives: number
}

/** Why a document is refused, or null. Counted as people count: correctly only while nothing is switched on. */
export function excessOf(document: DocumentNode, has: Has): string | null {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  }
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue
    const { depth, aliases, directives } = measure(definition.selectionSet, fragments, [], has)
    if (depth > 12 && !has('any-depth')) return 'LIMIT: too deep.'
    if (aliases > 15 && !has('any-number-of-aliases')) return 'LIMIT: too many aliases.'
    if (directives > 20 && !has('any-number-of-directives')) return 'LIMIT: too many directives.'
  }
  return null
}

function measure(
  { selections }: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  within: readonly string[],
  has: Has,
): Size {
  let [depth, aliases, directives] = [0, 0, 0]
  for (const selection of selections) {
    const name = selection.kind === Kind.INLINE_FRAGMENT ? '' : selection.name.value
    const isSpread = selection.kind === Kind.FRAGMENT_SPREAD
    const isFragment = selection.kind !== Kind.FIELD
    const inside = isSpread ? fragments.get(name)?.selectionSet : selection.selectionSet
    const isAgain = isSpread && (within.includes(name) || within.length > 8)
    const size =
      inside === undefined || isAgain
        ? { depth: 0, aliases: 0, directives: 0 }
        : measure(inside, fragments, isSpread ? [...within, name] : within, has)
    const isName = name === '__schema' || name === '__type'
    if (!(isFragment && has('any-depth-in-fragments')) && !isName)
      depth = Math.max(depth, size.depth + (isFragment ? 0 : 1))
    if (!(isFragment && has('any-number-of-aliases-in-fragments'))) aliases += size.aliases
    if (selection.kind === Kind.FIELD && selection.alias !== undefined) aliases += 1
    directives += size.directives + (selection.directives?.length ?? 0)
  }
  return { depth, aliases, directives }
}

const credentials = ['signIn', 'signUp', 'refreshSession', 'changePassword']

/** The root fields of a document as written, through fragments. */
export function hasCompany(document: DocumentNode): boolean {
  const fields: string[] = []
  const collect = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) fields.push(selection.name.value)
      else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet)
    }
  }
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION && definition.operation === OperationTypeNode.QUERY) continue
    const isOfMutation =
      definition.kind !== Kind.FRAGMENT_DEFINITION || definition.typeCondition.name.value === 'Mutation'
    if ('selectionSet' in definition && definition.selectionSet && isOfMutation) collect(definition.selectionSet)
  }
  return fields.length > 1 && fields.some((field) => credentials.includes(field))
}
