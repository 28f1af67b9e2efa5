import type { Dice } from './dice.js'
import { generateStanding } from './generate-policy.js'
import { targetOf, type SchemaModel, type TypeModel } from './generate-schema.js'
import type { Data, Thing } from './world.js'

/** A few objects of each type, linked at random, in circles too; each text says whose field it is. */
export function generateData(dice: Dice, { types }: SchemaModel): Data {
  const objects = new Map<string, Record<string, unknown>[]>()
  for (const { name, kind, fields } of types.values()) {
    if (kind !== 'object') continue
    const count = name === 'Query' || name === 'Mutation' ? 1 : 2 + dice.below(2)
    objects.set(
      name,
      dice.times(count, (index) => ({
        __typename: name,
        ...generateStanding(dice),
        ...textsOf(`${name}${index}`, fields),
      })),
    )
  }

  const anyOf = (target: string): Thing => {
    const type = dice.pick(types.get(target)?.possible ?? [])
    return dice.pick(objects.get(type) ?? [])
  }
  const linkedBy = (field: string): unknown => {
    const target = targetOf(field) ?? ''
    const one = (): Thing | null => (dice.chance(6) ? null : anyOf(target))
    if (field.startsWith('all_')) return dice.times(dice.below(4), one)
    if (field.startsWith('pick_')) return dice.times(3, one)
    if (field.startsWith('grid_')) return dice.times(dice.below(3), () => dice.times(dice.below(3), one))
    return one()
  }
  for (const { name, fields } of types.values()) {
    for (const object of objects.get(name) ?? []) {
      for (const field of fields) if (targetOf(field) !== undefined) object[field] = linkedBy(field)
    }
  }
  const entities = [...objects].map(([type, all]) => [
    type,
    Object.fromEntries(all.map((object, index) => [`${type}${index}`, object])),
  ])
  return {
    entities: Object.fromEntries(entities),
    Query: objects.get('Query')?.[0] ?? {},
    Mutation: objects.get('Mutation')?.[0] ?? {},
  }

  function textsOf(owner: string, fields: TypeModel['fields']): Thing {
    const texts = fields.filter((field) => targetOf(field) === undefined)
    return Object.fromEntries(texts.map((field) => [field, dice.chance(4) ? null : `${field} of ${owner}`]))
  }
}
