import {
  getNamedType,
  isAbstractType,
  isObjectType,
  Kind,
  visit,
  type ConstDirectiveNode,
  type ConstValueNode,
  type DirectiveNode,
  type DocumentNode,
  type GraphQLNamedType,
  type StringValueNode,
} from 'graphql'
import type { Access } from './access.js'
import type { FieldRule } from './field-rules.js'

/**
 * The same documents with `@authenticated` and `@requiresScopes` (Federation 2.5) on every field that a router may
 * refuse as well: it enforces the coarse part again, and spares us the request.
 *
 * `@authenticated` stands only where no anonymous path leads: what an operation hands to somebody it has just signed in
 * is guarded by us, but the router saw an anonymous request. `@requiresScopes` only where machines alone may pass:
 * people carry roles, not scopes.
 */
export function withRouterDirectives(documents: readonly DocumentNode[], access: Access): DocumentNode[] {
  const open = handedToStrangers(access)
  const used = new Set<string>()
  const directivesOf = (typeName: string, fieldName: string): ConstDirectiveNode[] => {
    const rule = access.rules.get(`${typeName}.${fieldName}`)
    const added = rule === undefined || open.has(typeName) ? [] : directivesFor(rule)
    for (const { name } of added) used.add(`@${name.value}`)
    return added
  }
  const decorated = documents.map((document) =>
    visit(document, {
      ObjectTypeDefinition: { enter: (node) => withFields(node, directivesOf) },
      ObjectTypeExtension: { enter: (node) => withFields(node, directivesOf) },
    }),
  )
  return decorated.map((document) => visit(document, { Directive: { enter: (node) => importing(node, used) } }))
}

interface HasFields {
  readonly name: { readonly value: string }
  readonly fields?: readonly {
    readonly name: { readonly value: string }
    readonly directives?: readonly ConstDirectiveNode[]
  }[]
}

function withFields<Node extends HasFields>(
  node: Node,
  directivesOf: (typeName: string, fieldName: string) => ConstDirectiveNode[],
): Node {
  const fields = node.fields?.map((field) => ({
    ...field,
    directives: [...(field.directives ?? []), ...directivesOf(node.name.value, field.name.value)],
  }))
  return { ...node, ...(fields && { fields }) }
}

function directivesFor(rule: FieldRule): ConstDirectiveNode[] {
  if (rule === 'public') return []
  if (rule.kind !== 'MACHINE' || rule.permissions.length === 0) return [directive('authenticated')]
  const alternatives = rule.permissions.reduce<string[][]>(
    (lists, permission) => lists.flatMap((list) => scopesNaming(permission).map((scope) => [...list, scope])),
    [[]],
  )
  const values = alternatives.map((scopes) => ({ kind: Kind.LIST, values: scopes.map(text) }) as const)
  return [directive('requiresScopes', { scopes: { kind: Kind.LIST, values } })]
}

/** A router compares the texts: it does not know that `report:*` names `report:read`. */
function scopesNaming(permission: string): string[] {
  return [permission, `${permission.slice(0, permission.indexOf(':'))}:*`]
}

function directive(name: string, args: Readonly<Record<string, ConstValueNode>> = {}): ConstDirectiveNode {
  return {
    kind: Kind.DIRECTIVE,
    name: { kind: Kind.NAME, value: name },
    arguments: Object.entries(args).map(([argument, value]) => ({
      kind: Kind.ARGUMENT,
      name: { kind: Kind.NAME, value: argument },
      value,
    })),
  }
}

function text(value: string): StringValueNode {
  return { kind: Kind.STRING, value }
}

const federationSpecification = 'https://specs.apollo.dev/federation/'

/** Adds what is used to the imports of `@link`. */
function importing(node: DirectiveNode, used: ReadonlySet<string>): DirectiveNode | undefined {
  const url = node.arguments?.find(({ name }) => name.value === 'url')?.value
  const isLink =
    node.name.value === 'link' && url?.kind === Kind.STRING && url.value.startsWith(federationSpecification)
  if (!isLink) return undefined
  const args = (node.arguments ?? []).filter(({ name }) => name.value !== 'import')
  const written = node.arguments?.find(({ name }) => name.value === 'import')?.value
  const before = written?.kind === Kind.LIST ? written.values : []
  const known = before.map((each) => (each.kind === Kind.STRING ? each.value : ''))
  const added = [...used].filter((name) => !known.includes(name)).map(text)
  const value = { kind: Kind.LIST, values: [...before, ...added] } as const
  return { ...node, arguments: [...args, { kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: 'import' }, value }] }
}

/** Every type within the payload of an operation that signs its caller in. */
function handedToStrangers({ schema, door }: Access): ReadonlySet<string> {
  const fields = Object.values(schema.getMutationType()?.getFields() ?? {})
  const reached = new Set<GraphQLNamedType>(
    fields.filter(({ name }) => door.switchesCaller(name)).map(({ type }) => getNamedType(type)),
  )
  // A Set walks what is added on the way, too.
  for (const type of reached) {
    if (isAbstractType(type)) for (const each of schema.getPossibleTypes(type)) reached.add(each)
    if (isObjectType(type)) for (const field of Object.values(type.getFields())) reached.add(getNamedType(field.type))
  }
  return new Set([...reached].map(({ name }) => name))
}
