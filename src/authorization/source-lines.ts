import { getLocation, Kind, visit, type ASTNode, type DocumentNode, type GraphQLSchema } from 'graphql'
import type { Fault } from './faults.js'

/**
 * Each fault with the file and line where its place is written, as far as whoever parsed it has said what it was.
 * @param documents what the schema was made of, where it does not remember that itself
 */
export function withFiles(
  faults: readonly Fault[],
  schema: GraphQLSchema,
  documents: readonly DocumentNode[] = [],
): Fault[] {
  const lines = new Map<string, string>()
  for (const node of [...documents, ...nodesOf(schema)]) collect(node, lines)
  return faults.map((fault) => {
    const file = fault.file ?? lines.get(fault.place)
    return file === undefined ? fault : { ...fault, file }
  })
}

/** By place: `User`, `User.email`, `@auth`. Of a type with extensions the first that is met. */
function collect(root: ASTNode, lines: Map<string, string>): void {
  let type = ''
  const note = (place: string, node: ASTNode): void => {
    const line = lineOf(node)
    if (line !== null && !lines.has(place)) lines.set(place, line)
  }
  visit(root, {
    enter(node) {
      if (node.kind.endsWith('TypeDefinition') || node.kind.endsWith('TypeExtension')) {
        type = 'name' in node && node.name !== undefined ? node.name.value : ''
        note(type, node)
      } else if (node.kind === Kind.FIELD_DEFINITION) note(`${type}.${node.name.value}`, node)
      else if (node.kind === Kind.DIRECTIVE_DEFINITION) note(`@${node.name.value}`, node)
    },
  })
}

function lineOf({ loc }: ASTNode): string | null {
  if (loc === undefined || loc.source.name === 'GraphQL request') return null
  return `${loc.source.name}:${getLocation(loc.source, loc.start).line}`
}

function nodesOf(schema: GraphQLSchema): ASTNode[] {
  const definitions = [...Object.values(schema.getTypeMap()), ...schema.getDirectives()]
  return definitions.flatMap((each) => [
    ...(each.astNode ? [each.astNode] : []),
    ...('extensionASTNodes' in each ? each.extensionASTNodes : []),
  ])
}
