import { isEnumType, Kind, print, visit, type ASTNode, type GraphQLSchema } from 'graphql'
import { enums, shapes } from './directives.js'
import type { Fault } from './faults.js'

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
    faults.push({
      place: name,
      problem: `is not the enum ${values.join(' ')}`,
      remedy: takeOurs,
    })
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

function sameText(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
