import type { Dice } from './dice.js'
import { namesEntity, targetOf, type SchemaModel } from './generate-schema.js'
import type { Request } from './world.js'

const maxDepth = 5
const maxSelections = 24

/** A valid operation that asks for a random part of the schema, by all the ways that GraphQL has. */
export function generateOperation(dice: Dice, { types }: SchemaModel): Omit<Request, 'callers'> {
  const fragments: string[] = []
  /** Those that are complete, with the type that they are on; spreading an unfinished one would be a circle. */
  const finished: { readonly name: string; readonly on: string }[] = []
  const declarations: string[] = []
  const variables: Record<string, unknown> = {}
  let count = 0

  const root = types.has('Mutation') && dice.chance(40) ? 'Mutation' : 'Query'
  const selections = selectionsOn(root, 0)
  const heading = declarations.length > 0 ? ` Op(${declarations.join(', ')})` : ''
  const source = [`${root.toLowerCase()}${heading} ${selections}`, ...fragments].join('\n')
  return { source, variables }

  function selectionsOn(type: string, depth: number): string {
    const selections = dice.times(1 + dice.below(depth === 0 ? 4 : 3), () => selectionOn(type, depth))
    return `{ ${selections.join(' ')} }`
  }

  function selectionOn(type: string, depth: number): string {
    count++
    const { fields } = model(type)
    const form = dice.below(12)
    if (form === 11 || count > maxSelections || depth >= maxDepth) return textOn(type)
    if (form === 10) return `...${condition(['', ...overlapping(type)], type, depth)}`
    if (form === 9 || fields.length === 0) return `...${condition(overlapping(type), type, depth)}`
    if (form === 8) return spreadOn(type, depth)
    return fieldOn(dice.pick(fields), depth)
  }

  function condition(names: readonly string[], type: string, depth: number): string {
    const name = dice.pick(names)
    return `${name === '' ? '' : ` on ${name}`}${switched()} ${selectionsOn(name === '' ? type : name, depth + 1)}`
  }

  function spreadOn(type: string, depth: number): string {
    const known = finished.filter(({ on }) => overlapping(type).includes(on))
    if (known.length > 0 && dice.chance(50)) return `...${dice.pick(known).name}${switched()}`
    const on = dice.pick(overlapping(type))
    const name = `F${count}`
    const directive = switched()
    fragments.push(`fragment ${name} on ${on} ${selectionsOn(on, depth + 1)}`)
    finished.push({ name, on })
    return `...${name}${directive}`
  }

  function fieldOn(field: string, depth: number): string {
    const target = targetOf(field)
    const alias = dice.chance(30) ? `x${count}: ` : ''
    const below = target === undefined ? '' : ` ${selectionsOn(target, depth + 1)}`
    if (namesEntity(field)) return `${namedBy(field, target ?? '')}${switched()}${below}`
    if (!field.startsWith('pick_')) return `${alias}${field}${switched()}${below}`
    const at = dice.below(4)
    if (dice.chance(70)) return `at${at}_${field}: ${field}(at: ${at})${switched()}${below}`
    const name = `at${declarations.length}`
    declarations.push(`$${name}: Int = ${at}`)
    if (dice.chance(50)) variables[name] = dice.below(3)
    return `by_${name}: ${field}(at: $${name})${switched()}${below}`
  }

  /** With an argument that names what is there, what is not, or nothing. */
  function namedBy(field: string, type: string): string {
    const isList = field.startsWith('each_')
    const ids = [`${type}0`, `${type}1`, `${type}9`]
    const value = isList ? dice.some(ids, 45) : dice.pick([...ids, null])
    const [argument, alias] = [isList ? 'ids' : 'id', `named${declarations.length}_${count}_${field}`]
    if (dice.chance(60)) return `${alias}: ${field}(${argument}: ${JSON.stringify(value)})`
    const name = `named${declarations.length}`
    declarations.push(`$${name}: ${isList ? '[ID!]' : 'ID'}`)
    if (dice.chance(80)) variables[name] = value
    return `${alias}: ${field}(${argument}: $${name})`
  }

  /** `@include` or `@skip`, mostly such that the field stays. */
  function switched(): string {
    if (!dice.chance(20)) return ''
    const directive = dice.pick(['include', 'skip'])
    const value = (directive === 'include') === dice.chance(75)
    if (dice.chance(50)) return ` @${directive}(if: ${value})`
    const name = `on${declarations.length}`
    if (dice.chance(50)) {
      declarations.push(`$${name}: Boolean = ${value}`)
    } else {
      declarations.push(`$${name}: Boolean!`)
      variables[name] = value
    }
    return ` @${directive}(if: $${name})`
  }

  function textOn(type: string): string {
    const texts = model(type).fields.filter((field) => targetOf(field) === undefined)
    return dice.pick([...texts, '__typename'])
  }

  /** The types that a fragment may be on here: those that share an object type with this one. */
  function overlapping(type: string): string[] {
    const { possible } = model(type)
    return [...types.values()]
      .filter((each) => each.possible.some((name) => possible.includes(name)))
      .map(({ name }) => name)
  }

  function model(type: string) {
    const found = types.get(type)
    if (found === undefined) throw new Error(`There is no type ${type}`)
    return found
  }
}
