import {
  Kind,
  OperationTypeNode,
  parse,
  type DirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type FieldNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type TypeNode,
  type ValueNode,
} from 'graphql'
import { faultyPlaces, fieldsOf, interfacesOf, refusalOf, unionsOf, type Code } from './naive-guard.js'
import type { Answer, CallerFacts, Request, Thing, World } from './world.js'

/**
 * The rules of authorization.md §1–2, interpreted: no compilation, no memory, nothing of the engine. It walks a valid
 * operation over plain data and asks at every field what the text of the schema and of the policy say about it.
 */
export function naive(world: World): { readonly faults: readonly string[]; ask(request: Request): Answer } {
  const schema = parse(world.sdl)
  return {
    faults: faultyPlaces(schema, world.policy.permissions),
    ask: (request) => new Walk(world, schema, request).answer(),
  }
}

/** What ends a field without a value: it becomes null at the nearest place that may be null. */
class FieldFailed extends Error {
  constructor(
    readonly path: string,
    readonly code: Code | 'NULL',
  ) {
    super(code)
  }
}

class Walk {
  readonly #refusals: [string, string][] = []
  readonly #document: DocumentNode
  readonly #operation: OperationDefinitionNode
  #caller: CallerFacts

  constructor(
    readonly world: World,
    readonly schema: DocumentNode,
    readonly request: Request,
  ) {
    this.#document = parse(request.source)
    const operation = this.#document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION)
    if (operation === undefined) throw new Error('There is no operation')
    this.#operation = operation
    this.#caller = request.callers[0]
  }

  answer(): Answer {
    const root = this.#operation.operation === OperationTypeNode.MUTATION ? 'Mutation' : 'Query'
    let data: unknown = null
    try {
      data = this.#object(root, this.world.data[root], [this.#operation.selectionSet], '')
    } catch (error) {
      this.#report(error)
    }
    return { data, refusals: this.#refusals.toSorted(([a], [b]) => (a < b ? -1 : 1)) }
  }

  #object(type: string, object: Thing, selections: readonly SelectionSetNode[], path: string): Thing {
    const fields = new Map<string, FieldNode[]>()
    for (const selection of selections) this.#collect(selection, type, fields)
    const result: Record<string, unknown> = {}
    let index = 0
    for (const [key, nodes] of fields) {
      // The caller is taken anew before each root field of a mutation.
      if (type === 'Mutation' && nodes[0]?.name.value !== '__typename') {
        this.#caller = this.request.callers[index++] ?? this.#caller
      }
      result[key] = this.#field(type, object, nodes, path === '' ? key : `${path}.${key}`)
    }
    return result
  }

  /** The fields selected on this type, by the key of their answer, through fragments of every form. */
  #collect(selections: SelectionSetNode, type: string, fields: Map<string, FieldNode[]>): void {
    for (const selection of selections.selections) {
      if (!this.#isIncluded(selection.directives ?? [])) continue
      if (selection.kind === Kind.FIELD) {
        const key = (selection.alias ?? selection.name).value
        fields.set(key, [...(fields.get(key) ?? []), selection])
        continue
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#fragment(selection.name.value)
      const condition = fragment.typeCondition?.name.value
      if (condition === undefined || this.#isA(type, condition)) this.#collect(fragment.selectionSet, type, fields)
    }
  }

  #fragment(name: string) {
    const found = this.#document.definitions.find(
      (each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === name,
    )
    if (found?.kind !== Kind.FRAGMENT_DEFINITION) throw new Error(`There is no fragment ${name}`)
    return found
  }

  #isA(type: string, condition: string): boolean {
    return [type, ...interfacesOf(type, this.schema), ...unionsOf(type, this.schema)].includes(condition)
  }

  #isIncluded(directives: readonly DirectiveNode[]): boolean {
    return directives.every(({ name, arguments: args = [] }) => {
      const condition = args[0] && this.#value(args[0].value)
      return name.value === 'skip' ? condition !== true : condition === true
    })
  }

  #field(type: string, object: Thing, nodes: readonly FieldNode[], path: string): unknown {
    const [node] = nodes
    if (node === undefined) throw new Error('Nothing was selected')
    if (node.name.value === '__typename') return type
    const field = fieldsOf(type, this.schema).find(({ name }) => name.value === node.name.value)
    if (field === undefined) throw new Error(`There is no field ${type}.${node.name.value}`)
    return this.#orNull(field.type, () => {
      const args = Object.fromEntries((node.arguments ?? []).map((arg) => [arg.name.value, this.#value(arg.value)]))
      const question = { type, field: field.name.value, object, args, caller: this.#caller }
      const code = refusalOf(question, this.schema, this.world)
      if (code !== null) throw new FieldFailed(path, code)
      return this.#complete(field.type, this.#valueOf(field, object[field.name.value], args), nodes, path)
    })
  }

  /** What a resolver would answer. */
  #valueOf({ type, arguments: declared = [] }: FieldDefinitionNode, value: unknown, args: Thing): unknown {
    const entities = this.world.data.entities?.[namedType(type)] ?? {}
    const entity = (id: unknown): unknown => entities[String(id)] ?? null
    switch (declared[0]?.name.value) {
      case 'at':
        return (value as readonly unknown[])[Number(args['at'])] ?? null
      case 'id':
        return entity(args['id'])
      case 'ids':
        return (args['ids'] as readonly unknown[] | null | undefined)?.map(entity)
      default:
        return value
    }
  }

  #complete(type: TypeNode, value: unknown, nodes: readonly FieldNode[], path: string): unknown {
    if (type.kind === Kind.NON_NULL_TYPE) {
      const completed = this.#complete(type.type, value, nodes, path)
      if (completed === null) throw new FieldFailed(path, 'NULL')
      return completed
    }
    if (value === null || value === undefined) return null
    if (type.kind === Kind.LIST_TYPE) {
      const items = value as readonly unknown[]
      return items.map((item, index) =>
        this.#orNull(type.type, () => this.#complete(type.type, item, nodes, `${path}.${index}`)),
      )
    }
    const selections = nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
    if (selections.length === 0) return value
    const object = value as Thing
    return this.#object(String(object['__typename'] ?? type.name.value), object, selections, path)
  }

  #orNull(type: TypeNode, action: () => unknown): unknown {
    try {
      return action()
    } catch (error) {
      if (type.kind === Kind.NON_NULL_TYPE) throw error
      this.#report(error)
      return null
    }
  }

  #report(error: unknown): void {
    if (!(error instanceof FieldFailed)) throw error
    this.#refusals.push([error.path, error.code])
  }

  #value(node: ValueNode): unknown {
    switch (node.kind) {
      case Kind.VARIABLE: {
        const given = this.request.variables ?? {}
        if (Object.hasOwn(given, node.name.value)) return given[node.name.value]
        const declared = this.#operation.variableDefinitions?.find(
          ({ variable }) => variable.name.value === node.name.value,
        )
        return declared?.defaultValue && this.#value(declared.defaultValue)
      }
      case Kind.INT:
        return Number(node.value)
      case Kind.LIST:
        return node.values.map((value) => this.#value(value))
      case Kind.OBJECT:
        return Object.fromEntries(node.fields.map(({ name, value }) => [name.value, this.#value(value)]))
      case Kind.NULL:
        return null
      default:
        return node.value
    }
  }
}

function namedType(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type)
}
