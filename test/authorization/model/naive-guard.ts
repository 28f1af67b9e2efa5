import {
  Kind,
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
} from 'graphql'
import {
  holds,
  holdsOnConditions,
  holdsOwn,
  holdsSomehow,
  isOwner,
  isProven,
  isProvenFor,
  meets,
} from './naive-policy.js'
import type { CallerFacts, Thing, World } from './world.js'

// What a field asks of a caller, read from the text of the schema at every question. See authorization.md §2.

export type Code = 'SIGN_IN_REQUIRED' | 'FORBIDDEN' | 'STEP_UP_REQUIRED' | 'NOT_FOUND'

/** One field about to be given, of one object, to one caller. */
export interface Question {
  readonly type: string
  readonly field: string
  readonly object: unknown
  readonly args: Thing
  readonly caller: CallerFacts
}

/** Why the caller is refused the field, or null. In the order 401, kind, permission, step-up, ownership. */
export function refusalOf(question: Question, schema: DocumentNode, world: World): Code | null {
  const { type, field, caller } = question
  const rules = rulesOf(type, field, schema)
  if (rules === 'public') return null
  if (rules === 'none') return 'FORBIDDEN'
  if (caller.kind === 'anonymous') return 'SIGN_IN_REQUIRED'
  const { policy, now } = world

  for (const { as, assurance, or, name } of rules) {
    if (as === 'PERSON' && caller.kind !== 'person') return 'FORBIDDEN'
    if (as === 'MACHINE' && caller.kind !== 'machine') return 'FORBIDDEN'
    // A machine proves nothing, and owns nothing that no permission reaches.
    if (assurance !== undefined && caller.kind !== 'person') return 'FORBIDDEN'
    if (name === 'owner' && or === undefined && caller.kind !== 'person') return 'FORBIDDEN'
  }

  const isFiltered = world.scopes?.[`${type}.${field}`] === 'filter'
  for (const { permission, or, entity } of rules) {
    if (or !== undefined && !couldPass(caller, or, entity ?? type, policy)) return 'FORBIDDEN'
    if (permission === undefined) continue
    const base = withoutOwn(permission)
    const isHeld =
      holds(caller, base, policy) ||
      (base !== permission && holdsOwn(caller, base, policy)) ||
      (isFiltered && holdsOnConditions(caller, base, policy))
    if (!isHeld) return 'FORBIDDEN'
  }

  for (const { permission, or, assurance } of rules) {
    const isWeak = assurance !== undefined && !isProven(caller, assurance)
    const isStale = [permission, or].some(
      (asked) => asked !== undefined && !isProvenFor(caller, withoutOwn(asked), policy, now),
    )
    // A machine cannot step up, so that asking it to would be a riddle.
    if (isWeak || isStale) return caller.kind === 'machine' ? 'FORBIDDEN' : 'STEP_UP_REQUIRED'
  }

  for (const rule of rules) {
    if (rule.name !== 'owner') continue
    if (rule.entity !== undefined) {
      const objects = entitiesNamed(rule, question.args, world)
      if (!objects.every((object) => reaches(caller, rule, object, rule.entity ?? type, world))) return 'NOT_FOUND'
    } else if (!reaches(caller, rule, question.object, type, world)) return 'FORBIDDEN'
  }
  return null
}

/**
 * Everybody's by the permission, even what is not there; or one's own, where the permission is held for that or no
 * permission is asked for.
 */
function reaches(
  caller: CallerFacts,
  { or, field }: Rule,
  object: unknown,
  objectType: string,
  { policy }: World,
): boolean {
  if (or !== undefined && holds(caller, or, policy)) return true
  if (typeof object !== 'object' || object === null) return false
  if (or !== undefined && isAbout(or, objectType) && meets(caller, or, object, policy)) return true
  return isOwner(caller, (object as Thing)[field]) && (or === undefined || holdsOwn(caller, or, policy))
}

/** Conditions are about the objects of their resource: those of `note:read` about notes, and about nothing else. */
function isAbout(permission: string, objectType: string): boolean {
  return permission.split(':')[0] === objectType.toLowerCase()
}

function couldPass(caller: CallerFacts, or: string, objectType: string, policy: World['policy']): boolean {
  if (isAbout(or, objectType)) return holdsSomehow(caller, or, policy)
  return holds(caller, or, policy) || holdsOwn(caller, or, policy)
}

/** What the argument names, all of it; null for what is absent. */
function entitiesNamed({ entity = '', arg }: Rule, args: Thing, { data }: World): unknown[] {
  let value: unknown = args
  for (const step of arg.split('.')) value = (value as Thing | null | undefined)?.[step]
  const ids = [value].flat()
  // No ids at all name nothing, and nothing is nobody's.
  return ids.length === 0 ? [null] : ids.map((id) => data.entities?.[entity]?.[String(id)] ?? null)
}

/** `@auth` or `@owner` as written, defaults filled in. */
interface Rule {
  readonly name: 'auth' | 'owner'
  readonly as: string
  readonly permission: string | undefined
  readonly assurance: 'AAL1' | 'AAL2' | undefined
  readonly field: string
  readonly or: string | undefined
  readonly entity: string | undefined
  readonly arg: string
}

/** All that must pass: of the field, its type, the interfaces and unions of the type. */
function rulesOf(type: string, field: string, schema: DocumentNode): readonly Rule[] | 'public' | 'none' {
  const own = directivesOfField(type, field, schema)
  if (isPublic(own)) return 'public'
  const all = [...own, ...directivesOf(type, schema), ...inheritedBy(type, field, schema)]
  const rules = all.flatMap(ruleFrom)
  if (rules.length > 0) return rules
  return isPublic(all) ? 'public' : 'none'
}

/** An interface or a union guards every field of every type behind it; a field of an interface guards its like. */
function inheritedBy(type: string, field: string, schema: DocumentNode): ConstDirectiveNode[] {
  const interfaces = interfacesOf(type, schema)
  return [
    ...interfaces.flatMap((name) => [...directivesOf(name, schema), ...directivesOfField(name, field, schema)]),
    ...unionsOf(type, schema).flatMap((name) => directivesOf(name, schema)),
  ]
}

function ruleFrom({ name, arguments: args = [] }: ConstDirectiveNode): Rule[] {
  if (name.value !== 'auth' && name.value !== 'owner') return []
  const given = (wanted: string): string | undefined => {
    const value = args.find(({ name }) => name.value === wanted)?.value
    return value?.kind === Kind.STRING || value?.kind === Kind.ENUM ? value.value : undefined
  }
  const assurance = given('assurance')
  return [
    {
      name: name.value,
      as: given('as') ?? 'ANY',
      permission: given('permission'),
      assurance: assurance === 'AAL1' || assurance === 'AAL2' ? assurance : undefined,
      field: given('field') ?? 'userId',
      or: given('or'),
      entity: given('entity'),
      arg: given('arg') ?? 'id',
    },
  ]
}

/** Those that some field asks for; what stands where all is open is asked for by nothing. */
export function permissionsAsked(schema: DocumentNode): ReadonlySet<string> {
  const types = schema.definitions.flatMap((each) => (each.kind === Kind.OBJECT_TYPE_DEFINITION ? each.name.value : []))
  const rules = types.flatMap((type) =>
    fieldNames(type, schema).flatMap((field) => {
      const found = rulesOf(type, field, schema)
      return typeof found === 'string' ? [] : found
    }),
  )
  return new Set(
    rules.flatMap(({ permission, or }) => [permission, or]).flatMap((name) => (name ? withoutOwn(name) : [])),
  )
}

/** The coordinates at which the schema must not be served: a decision is missing there, weakened or impossible. */
export function faultyPlaces(schema: DocumentNode, permissions: readonly string[]): string[] {
  const places = schema.definitions.flatMap((definition) => {
    if (!('name' in definition) || definition.name === undefined) return []
    const type = definition.name.value
    if (isInterface(definition)) {
      const open = fieldsOf(type, schema).filter((field) => isPublic(field.directives ?? []))
      const implementors = schema.definitions.filter((each) => !isInterface(each) && interfacesIn(each).includes(type))
      const guards = [
        ...directivesOf(type, schema),
        ...fieldNames(type, schema).flatMap((name) => directivesOfField(type, name, schema)),
      ]
      const idle = implementors.length === 0 && guards.flatMap(ruleFrom).length > 0
      return [...open.map(({ name }) => `${type}.${name.value}`), ...(idle ? [type] : [])]
    }
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) return []
    return fieldsOf(type, schema)
      .filter(({ name }) => isFaulty(type, name.value, schema))
      .map(({ name }) => `${type}.${name.value}`)
  })
  const unknown = allDirectives(schema)
    .flatMap(ruleFrom)
    .flatMap(({ permission, or }) => [permission && withoutOwn(permission), or])
    .filter((permission) => permission !== undefined && !permissions.includes(permission))
  return [...places, ...unknown.map((permission) => `permission ${permission}`)]
}

function isFaulty(type: string, field: string, schema: DocumentNode): boolean {
  const own = directivesOfField(type, field, schema)
  const rules = rulesOf(type, field, schema)
  // What an interface does not promise, an implementation may open.
  const promising = interfacesOf(type, schema).filter((name) => fieldNames(name, schema).includes(field))
  const promised = [
    ...promising.flatMap((name) => [...directivesOf(name, schema), ...directivesOfField(name, field, schema)]),
    ...unionsOf(type, schema).flatMap((name) => directivesOf(name, schema)),
  ]
  const isInherited = promised.flatMap(ruleFrom).length > 0
  const isOpened = isPublic(own) || (isPublic(directivesOf(type, schema)) && own.flatMap(ruleFrom).length === 0)
  if (isInherited && isOpened) return true
  if (rules === 'none') return true
  if (rules === 'public') return false
  const forPersons = rules.some(
    ({ name, as, assurance, or }) =>
      as === 'PERSON' || assurance !== undefined || (name === 'owner' && or === undefined),
  )
  const isRoot = type === 'Query' || type === 'Mutation'
  const isOwnedRoot = isRoot && rules.some(({ name, entity }) => name === 'owner' && entity === undefined)
  // Looks like ownership, and asks nobody whose the object is.
  const isOwnerless = !isRoot && rules.some(({ permission }) => permission?.endsWith('@own') === true)
  return (forPersons && rules.some(({ as }) => as === 'MACHINE')) || isOwnedRoot || isOwnerless
}

/** A type may be written in pieces, by `extend`. */
function piecesOf(type: string, { definitions }: DocumentNode): DefinitionNode[] {
  return definitions.filter((each) => 'name' in each && each.name?.value === type)
}

function isInterface({ kind }: DefinitionNode): boolean {
  return kind === Kind.INTERFACE_TYPE_DEFINITION
}

function interfacesIn(definition: DefinitionNode): string[] {
  return 'interfaces' in definition ? (definition.interfaces ?? []).map(({ name }) => name.value) : []
}

export function interfacesOf(type: string, schema: DocumentNode): string[] {
  return piecesOf(type, schema).flatMap(interfacesIn)
}

export function unionsOf(type: string, { definitions }: DocumentNode): string[] {
  return definitions.flatMap((each) =>
    each.kind === Kind.UNION_TYPE_DEFINITION && each.types?.some(({ name }) => name.value === type)
      ? [each.name.value]
      : [],
  )
}

export function fieldsOf(type: string, schema: DocumentNode): FieldDefinitionNode[] {
  return piecesOf(type, schema).flatMap((each) =>
    'fields' in each ? ((each.fields ?? []) as readonly FieldDefinitionNode[]) : [],
  )
}

function fieldNames(type: string, schema: DocumentNode): string[] {
  return fieldsOf(type, schema).map(({ name }) => name.value)
}

function directivesOf(type: string, schema: DocumentNode): ConstDirectiveNode[] {
  return piecesOf(type, schema).flatMap((each) =>
    'directives' in each ? ((each.directives ?? []) as readonly ConstDirectiveNode[]) : [],
  )
}

function directivesOfField(type: string, field: string, schema: DocumentNode): ConstDirectiveNode[] {
  return fieldsOf(type, schema)
    .filter(({ name }) => name.value === field)
    .flatMap(({ directives = [] }) => directives)
}

function allDirectives(schema: DocumentNode): ConstDirectiveNode[] {
  const types = schema.definitions.flatMap((each) => ('name' in each && each.name ? [each.name.value] : []))
  return [...new Set(types)].flatMap((type) => [
    ...directivesOf(type, schema),
    ...fieldsOf(type, schema).flatMap(({ directives = [] }) => directives),
  ])
}

function isPublic(directives: readonly ConstDirectiveNode[]): boolean {
  return directives.some(({ name }) => name.value === 'public')
}

function withoutOwn(permission: string): string {
  return permission.endsWith('@own') ? permission.slice(0, -'@own'.length) : permission
}
