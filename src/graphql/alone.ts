import {
  Kind,
  OperationTypeNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import { DomainError } from '../kernel/errors.js'

/** The columns of the door that are about a whole operation. */
export interface OperationDoor {
  readonly isAlone: (rootType: 'Query' | 'Mutation', field: string) => boolean
  readonly bringsOwnProof: (field: string) => boolean
  readonly switchesCaller: (field: string) => boolean
}

/** A field that must be the only one of its operation has company. Nothing of the operation has run. */
export class AloneRequired extends DomainError {
  constructor(field: string) {
    super('invalid', 'ALONE_REQUIRED', `${field} must be the only field of its operation, and be asked once.`)
  }
}

export type FragmentsByName = ReadonlyMap<string, FragmentDefinitionNode>

/**
 * The names of the root fields as written: through fragments, under each alias, and whatever `@skip` and `@include`
 * say, because a hundred guesses of which a variable picks one are a hundred guesses.
 */
export function rootFieldsOf(operation: OperationDefinitionNode, fragments: FragmentsByName): string[] {
  const names: string[] = []
  const entered = new Map<string, number>()
  function collect({ selections }: SelectionSetNode): void {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) names.push(selection.name.value)
      else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet)
      else spread(selection.name.value)
    }
  }
  function spread(name: string): void {
    // The second time shows that its fields come twice; a third would only make a nest of spreads exponential.
    const times = entered.get(name) ?? 0
    const fragment = fragments.get(name)
    if (times >= 2 || fragment === undefined) return
    entered.set(name, times + 1)
    collect(fragment.selectionSet)
  }
  collect(operation.selectionSet)
  return names
}

/** Why the operation may not run for the company its fields keep, or null. */
export function aloneFault(
  { operation }: OperationDefinitionNode,
  fields: readonly string[],
  door: OperationDoor,
): AloneRequired | null {
  if (fields.length < 2) return null
  const rootType = operation === OperationTypeNode.QUERY ? 'Query' : 'Mutation'
  const field = fields.find((name) => door.isAlone(rootType, name))
  return field === undefined ? null : new AloneRequired(field)
}

/** Whether a bad token presented along with the operation does not matter: every field of it proves itself. */
export function bringsOwnProof(
  { operation }: OperationDefinitionNode,
  fields: readonly string[],
  door: OperationDoor,
): boolean {
  return (
    operation === OperationTypeNode.MUTATION && fields.length > 0 && fields.every((name) => door.bringsOwnProof(name))
  )
}

/** May the operation make somebody else the caller? */
export function switchesCaller(
  { operation }: OperationDefinitionNode,
  fields: readonly string[],
  door: OperationDoor,
): boolean {
  return operation === OperationTypeNode.MUTATION && fields.every((field) => door.switchesCaller(field))
}
