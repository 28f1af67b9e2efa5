import type { Dice } from './dice.js'
import { permissions } from './generate-policy.js'

/** A type as far as queries and data need it. */
export interface TypeModel {
  readonly name: string
  readonly kind: 'object' | 'interface' | 'union'
  /** Their names say their types, see `typeOf`; so fields of one name never conflict. */
  readonly fields: readonly string[]
  /** The object types behind it; for an object type itself. */
  readonly possible: readonly string[]
}

export interface SchemaModel {
  readonly types: ReadonlyMap<string, TypeModel>
  readonly sdl: string
}

/** `s…`: a text, `m…`: one that is never null; `one_A`, `must_A`, `all_A`, `grid_A`, `pick_A` lead to other objects, `own_A` and `each_A` to those that the arguments name. */
export function typeOf(field: string): string {
  const [form, target = ''] = field.split('_')
  switch (form) {
    case 'one':
    case 'pick':
    case 'own':
      return target
    case 'must':
      return `${target}!`
    case 'all':
    case 'each':
      return `[${target}]`
    case 'grid':
      return `[[${target}!]]`
    default:
      return field.startsWith('m') ? 'String!' : 'String'
  }
}

export function targetOf(field: string): string | undefined {
  return field.split('_')[1]
}

/** How the directives of one schema are thrown. */
interface Style {
  readonly dice: Dice
  /** Without faults, as far as that is easy: otherwise anything may stand anywhere. */
  readonly isSound: boolean
  /** Rules for people contradict rules for machines, so that most schemas keep to one of them. */
  readonly kinds: readonly string[]
  readonly proofs: readonly string[]
}

/** The first three are the types of the resources that conditions are about. */
const objectNames = ['Doc', 'Box', 'Log', 'Pad']
const forms = ['one', 'all', 'pick', 'must', 'grid']

export function generateSchema(dice: Dice): SchemaModel {
  const isSound = !dice.chance(12)
  const kinds = dice.pick([['PERSON'], ['PERSON'], ['MACHINE'], isSound ? ['PERSON'] : ['PERSON', 'MACHINE']])
  const style: Style = { dice, isSound, kinds, proofs: ['AAL1', 'AAL2', 'AAL2'] }

  const objects = objectNames.slice(0, 2 + dice.below(3))
  const interfaces = ['I', 'J'].slice(0, dice.below(3))
  const isDeep = interfaces.length > 1 && dice.chance(40)
  const implemented = new Map(
    objects.map((name) => {
      const own = dice.some(interfaces, 50)
      return [name, interfaces.filter((each) => own.includes(each) || (isDeep && each === 'I' && own.includes('J')))]
    }),
  )
  const union = dice.chance(60) ? [objects[0] ?? 'Doc', ...dice.some(objects.slice(1), 50)] : []
  const behind = (name: string): string[] => objects.filter((object) => implemented.get(object)?.includes(name))
  const targets = [
    ...objects,
    ...interfaces.filter((name) => behind(name).length > 0),
    ...(union.length > 0 ? ['U'] : []),
  ]
  const link = (): string => `${dice.pick(forms)}_${dice.pick(targets)}`

  const fieldsOfI = [...dice.some(['s0', 'm0'], 60), 's1', ...(dice.chance(40) ? [link()] : [])]
  const fieldsOfJ = [
    ...(isDeep ? fieldsOfI : []),
    ...dice.some(['s0', 's1'], 50),
    's2',
    ...(dice.chance(40) ? [link()] : []),
  ]
  const fieldsOf = new Map<string, string[]>([
    ['I', unique(fieldsOfI)],
    ['J', unique(fieldsOfJ)],
  ])
  for (const name of objects) {
    const inherited = (implemented.get(name) ?? []).flatMap((each) => fieldsOf.get(each) ?? [])
    const own = [...dice.some(['s0', 's1', 's2', 'm0'], 50), ...dice.times(dice.below(3), link)]
    fieldsOf.set(name, unique([...inherited, ...own, 's3']))
  }
  const naming = (): string => `${dice.pick(['own', 'each'])}_${dice.pick(objects)}`
  const roots = unique(
    [...dice.times(2 + dice.below(3), link), ...dice.times(dice.below(3), naming), 's0', 's1'].filter(
      (name) => !name.startsWith('must'),
    ),
  )
  const payloads = dice.chance(60)
    ? unique([`one_${dice.pick(targets)}`, `all_${dice.pick(targets)}`, naming(), 's2'])
    : []

  const abstracts = interfaces.map((name) =>
    abstractFrom(name, fieldsOf.get(name) ?? [], behind(name).length > 0, style),
  )
  const unionMark = union.length > 0 && dice.chance(35) ? authFrom(style) : ''
  const isGuarded = (type: string, field: string): boolean =>
    (unionMark !== '' && union.includes(type)) ||
    abstracts.some(({ name, guards }) => implemented.get(type)?.includes(name) && guards(field))

  const sdl = [
    ...abstracts.map(
      ({ name, mark, lines }) =>
        `interface ${name}${isDeep && name === 'J' ? ' implements I' : ''} ${mark} {\n${lines}\n}`,
    ),
    ...(union.length > 0 ? [`union U ${unionMark} = ${union.join(' | ')}`] : []),
    ...objects.map((name) => objectFrom(name, fieldsOf.get(name) ?? [], implemented.get(name) ?? [], isGuarded, style)),
    rootFrom('Query', roots, style),
    ...(payloads.length > 0 ? [rootFrom('Mutation', payloads, style)] : []),
  ].join('\n')
  const types: TypeModel[] = [
    ...objects.map((name) => ({ name, kind: 'object' as const, fields: fieldsOf.get(name) ?? [], possible: [name] })),
    ...interfaces.map((name) => ({
      name,
      kind: 'interface' as const,
      fields: fieldsOf.get(name) ?? [],
      possible: behind(name),
    })),
    ...(union.length > 0 ? [{ name: 'U', kind: 'union' as const, fields: [], possible: union }] : []),
    { name: 'Query', kind: 'object', fields: roots, possible: ['Query'] },
    ...(payloads.length > 0
      ? [{ name: 'Mutation', kind: 'object' as const, fields: payloads, possible: ['Mutation'] }]
      : []),
  ]
  return { sdl, types: new Map(types.map((type) => [type.name, type])) }
}

function abstractFrom(name: string, fields: readonly string[], isImplemented: boolean, style: Style) {
  const { dice, isSound } = style
  const mayGuard = isImplemented || !isSound
  const mark = mayGuard && dice.chance(30) ? authFrom(style) : ''
  const marks = new Map(
    fields.map((field) => {
      if (!isSound && dice.chance(10)) return [field, '@public']
      return [field, mayGuard && dice.chance(20) ? guardFrom(style) : '']
    }),
  )
  const lines = fields.map((field) => lineOf(field, marks.get(field) ?? '')).join('\n')
  const guards = (field: string): boolean =>
    marks.has(field) && (mark !== '' || !['', '@public'].includes(marks.get(field) ?? ''))
  return { name, mark, lines, guards }
}

function objectFrom(
  name: string,
  fields: readonly string[],
  interfaces: readonly string[],
  isGuarded: (type: string, field: string) => boolean,
  style: Style,
): string {
  const { dice, isSound } = style
  const mayOpen = !isSound || !fields.some((field) => isGuarded(name, field))
  const mark = dice.pick(['', mayOpen ? '@public' : '', guardFrom(style), guardFrom(style)])
  const lines = fields.map((field) => {
    const isInherited = isGuarded(name, field)
    const choices = [...(isInherited && isSound ? [] : ['@public']), guardFrom(style), guardFrom(style)]
    const mustSay = isSound && mark === '' && !isInherited
    return lineOf(field, mustSay || dice.chance(30) ? dice.pick(choices) : '')
  })
  const heading = `type ${name}${interfaces.length > 0 ? ` implements ${interfaces.join(' & ')}` : ''}`
  // Written in one piece, or with an extension that carries the rule.
  if (mark !== '' && dice.chance(15)) return `${heading} {\n${lines.join('\n')}\n}\nextend type ${name} ${mark}`
  return `${heading} ${mark} {\n${lines.join('\n')}\n}`
}

/** Mostly open, so that something comes behind it. */
function rootFrom(name: string, fields: readonly string[], style: Style): string {
  const { dice } = style
  const mark = dice.chance(15) ? `@auth(as: ${dice.chance(50) ? 'ANY' : dice.pick(style.kinds)})` : '@public'
  const lines = fields.map((field) => {
    if (namesEntity(field)) return lineOf(field, entityOwnerFrom(field, style))
    return lineOf(field, dice.pick(['', '', '@public', rootAuthFrom(style)]))
  })
  return `type ${name} ${mark} {\n${lines.join('\n')}\n}`
}

function lineOf(field: string, mark: string): string {
  const [form = ''] = field.split('_')
  const args = { pick: '(at: Int)', own: '(id: ID)', each: '(ids: [ID!])' }[form] ?? ''
  return `  ${field}${args}: ${typeOf(field)} ${mark}`
}

function guardFrom(style: Style): string {
  const form = style.dice.below(10)
  if (form < 4) return authFrom(style)
  return form < 9 ? ownerFrom(style) : `${authFrom(style)} ${ownerFrom(style)}`
}

function authFrom(style: Style, isRoot = false): string {
  const { dice, kinds, proofs, isSound } = style
  const mayBeOwn = isRoot || !isSound
  const kind = dice.pick(kinds)
  const args = [
    ...(dice.chance(25) ? [`as: ${dice.chance(75) ? kind : 'ANY'}`] : []),
    ...(dice.chance(55) ? [`permission: "${permissionFrom(style)}${mayBeOwn && dice.chance(40) ? '@own' : ''}"`] : []),
    ...(kind === 'PERSON' && proofs.length > 0 && dice.chance(25) ? [`assurance: ${dice.pick(proofs)}`] : []),
  ]
  return args.length > 0 ? `@auth(${args.join(', ')})` : '@auth'
}

/** With one permission at most, which the door names, and with no proof but what the policy asks for. */
function rootAuthFrom(style: Style): string {
  return authFrom({ ...style, proofs: [] }, true)
}

export function namesEntity(field: string): boolean {
  return field.startsWith('own_') || field.startsWith('each_')
}

function entityOwnerFrom(field: string, style: Style): string {
  const { dice, kinds } = style
  const args = [
    `entity: "${targetOf(field)}"`,
    ...(field.startsWith('each_') ? ['arg: "ids"'] : []),
    ...(dice.chance(30) ? ['field: "ownerId"'] : []),
    ...(kinds[0] === 'MACHINE' || dice.chance(75) ? [`or: "${permissionFrom(style)}"`] : []),
  ]
  return `@owner(${args.join(', ')})`
}

function ownerFrom(style: Style): string {
  const { dice, kinds } = style
  const mustHaveOr = kinds[0] === 'MACHINE'
  const args = [
    ...(dice.chance(30) ? [`field: "${dice.pick(['ownerId', 'userId'])}"`] : []),
    ...(mustHaveOr || dice.chance(65) ? [`or: "${permissionFrom(style)}"`] : []),
  ]
  return args.length > 0 ? `@owner(${args.join(', ')})` : '@owner'
}

function permissionFrom({ dice, isSound }: Style): string {
  return !isSound && dice.chance(5) ? 'doc:raed' : dice.pick(permissions)
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)]
}
