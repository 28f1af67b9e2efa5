import { createMongoAbility, type MongoAbility, type MongoQuery, type RawRuleOf } from '@casl/ability'
import { packRules, type PackRule } from '@casl/ability/extra'
import { isPresent, type Condition, type Holdings, type Value } from '../kernel/caller.js'
import { systemClock } from '../kernel/clock.js'
import type { StepUpNeed } from '../kernel/step-up.js'
import { PolicyInvalid, type Fault } from './faults.js'
import { definitionFaults, durationMs, permissionsNamed, type PolicyDefinition } from './policy-definition.js'
import { grantsOf, isComparable, isOfType, isReference, meetsAttributes, valuesOf, type Grant } from './role-grants.js'
import { secondFactorFaults, secondFactorRule, type Demanded } from './second-factor.js'

/** Whoever the policy decides for: a user, as far as it matters here. */
export interface PolicySubject extends Demanded {
  readonly id: string
}

export interface Policy {
  /** Those that this schema may ask for. */
  readonly permissions: ReadonlySet<string>
  readonly roles: ReadonlySet<string>
  readonly definition: PolicyDefinition
  /** Whose holders must have a second factor, all of them or those with the right attributes. */
  readonly rolesDemanded: readonly string[]
  /**
   * What a person holds. A role the policy does not know (an old value in the database) grants nothing, and neither
   * does an attribute of another type than declared; without a user id nothing is held for one's own.
   * Of somebody who is overdue with a second factor: what `meanwhile` names as it names it, and the rest by a proof of
   * AAL2, which there is none of yet.
   * @param now by which the time is over; good until `secondFactorDueAt`
   */
  holdingsOf(person: PolicySubject, now?: Date): Holdings
  /**
   * What a machine holds: what its scopes name (as a role would write it), as far as its owner may do that now. Nothing
   * while the owner is overdue: a machine must not be the way around it.
   */
  holdingsOfMachine(scopes: readonly string[], owner: PolicySubject, now?: Date): Holdings
  /** How long this person may go on without a second factor, in milliseconds; null where none is wanted. */
  secondFactorGraceMs(person: PolicySubject): number | null
  /** Whether that time is over, so that `holdingsOf` asks for a second factor that there is none of. */
  isOverdue(person: PolicySubject, now?: Date): boolean
  /** What the roles grant, as a CASL ability. No needs are in it, and no demand for a second factor: who is overdue has the same. */
  abilityOf(person: PolicySubject): MongoAbility
  /**
   * The rules as a front end may see them (CASL's packed form): what is held without condition, and what is held for
   * one's own, with the caller's id. What depends on attributes is left out, and so are needs; `can` answers it.
   * @param ownerFields by resource, the property of its objects that names the owner; `userId` unless it says so
   */
  packedRules(
    holdings: Holdings,
    userId: string,
    ownerFields?: ReadonlyMap<string, string>,
  ): PackRule<RawRuleOf<MongoAbility>>[]
  /** What it takes to use a permission besides holding it. */
  needOf(permission: string): StepUpNeed | null
  /** The permissions that some role holds on a condition about this property of their objects. */
  permissionsAsking(property: string): readonly string[]
  /** Attributes that meet the conditions of a role on its holder, one for each that is asked for. */
  conditionsOn(role: string): Readonly<Record<string, unknown>>
  /** The roles that hold a permission for everything, whatever the attributes are. */
  rolesHolding(permission: string): readonly string[]
  /** Would it take more than this giver holds to turn one into the other? Then the giver must not. */
  exceeds(giver: PolicySubject, change: { readonly from: PolicySubject; readonly to: PolicySubject }): boolean
}

/** How many distinct sets of holdings are kept; real services have a handful. */
const keptHoldings = 256

/** @throws PolicyInvalid with every fault at once. @param file where the definition was read from, for the faults */
export function definePolicy(definition: PolicyDefinition, { file }: { file?: string } = {}): Policy {
  const faults: Fault[] = [...definitionFaults(definition), ...secondFactorFaults(definition)]
  const grants = grantsOf(definition, faults)
  if (faults.length > 0)
    throw new PolicyInvalid(faults.map((fault) => (file === undefined ? fault : { file, ...fault })))
  const known = [...definition.permissions, ...(definition.elsewhere ?? [])]
  const needs = new Map(
    Object.entries(definition.stepUp ?? {}).map(([permission, need]) => [permission, needFrom(need)]),
  )
  const needOf = (permission: string): StepUpNeed | null => needs.get(permission) ?? null

  const kept = new Map<string, Holdings>()
  const holdingsFrom = (rules: readonly ResolvedGrant[], isOverdue = false): Holdings => {
    const key = JSON.stringify([isOverdue, rules])
    const found = kept.get(key)
    if (found !== undefined) return found
    const holdings = isOverdue ? overdueHoldings(rules) : compileHoldings(rules, needOf)
    if (kept.size >= keptHoldings) kept.clear()
    kept.set(key, holdings)
    return holdings
  }
  const withDeclared = (subject: PolicySubject): PolicySubject => ({
    ...subject,
    attributes: declaredOnes(subject.attributes, definition),
  })
  const rulesOf = (subject: PolicySubject): ResolvedGrant[] => resolveGrants(withDeclared(subject), grants)
  const rule = secondFactorRule(definition)
  const isOverdue = (person: PolicySubject, now = systemClock.now()): boolean =>
    rule.isOverdue(withDeclared(person), now)

  const meanwhile = definition.secondFactor?.meanwhile ?? []
  const spared = new Set(meanwhile.flatMap((entry) => permissionsNamed(entry, known)?.permissions ?? []))
  /** The rest is not taken away, so that everybody who asks is told what to do about it. */
  function overdueHoldings(rules: readonly ResolvedGrant[]): Holdings {
    const strong = (permission: string): StepUpNeed => ({
      maxAgeMs: needOf(permission)?.maxAgeMs ?? null,
      assurance: 'aal2',
    })
    const needMeanwhile = (permission: string) => (spared.has(permission) ? needOf(permission) : strong(permission))
    const others = rules.filter(({ permission }) => !spared.has(permission))
    return {
      ...compileHoldings([...narrowed(rules, meanwhile, known), ...others], needMeanwhile),
      proven: compileHoldings(rules, strong),
    }
  }

  /** Each grant as it is written, with what became of it: what depends on an attribute may become more tomorrow. */
  const standingsOf = (subject: PolicySubject): Map<string, Standing> => {
    const declared = withDeclared(subject)
    const standings = grantsOfRoles(subject.roles, grants).map((grant) => ({
      grant,
      resolved: resolveGrant(grant, declared),
    }))
    return new Map(standings.map((standing) => [JSON.stringify(standing), standing]))
  }

  return {
    permissions: new Set(definition.permissions),
    roles: new Set(grants.keys()),
    definition,
    rolesDemanded: rule.roles,
    needOf,
    holdingsOf: (person, now) => holdingsFrom(rulesOf(person), isOverdue(person, now)),
    holdingsOfMachine: (scopes, owner, now) =>
      holdingsFrom(isOverdue(owner, now) ? [] : narrowed(rulesOf(owner), scopes, known)),
    secondFactorGraceMs: (person) => rule.graceMsOf(withDeclared(person)),
    isOverdue,
    abilityOf: (person) => abilityFrom(rulesOf(person), person.id),
    packedRules: (holdings, userId, ownerFields) =>
      packRules<RawRuleOf<MongoAbility>>(
        known.flatMap((permission): RawRuleOf<MongoAbility>[] => {
          const rule = { action: actionOf(permission), subject: resourceOf(permission) }
          if (holdings.holds(permission)) return [rule]
          return holdings.holdsOwn(permission)
            ? [{ ...rule, conditions: { [ownerFields?.get(resourceOf(permission)) ?? 'userId']: userId } }]
            : []
        }),
      ),
    permissionsAsking: (property) =>
      [...grants.values()]
        .flat()
        .filter(({ where }) => Object.hasOwn(where, property))
        .map(({ permission }) => permission),
    conditionsOn: (role) =>
      Object.fromEntries(
        (grants.get(role) ?? []).flatMap(({ when, where }) => [
          ...Object.entries(when).map(([name, expected]) => [name, sampleOf(definition, name, valuesOf(expected)[0])]),
          ...Object.values(where).flatMap((each) =>
            isReference(each) ? [[each.attribute, sampleOf(definition, each.attribute, undefined)]] : [],
          ),
        ]),
      ),
    rolesHolding: (permission) =>
      [...grants]
        .filter(([, all]) => all.some((grant) => grant.permission === permission && isUnconditional(grant)))
        .map(([name]) => name),
    exceeds(giver, { from, to }) {
      const [has, before, after] = [standingsOf(giver), standingsOf(from), standingsOf(to)]
      const own = [...has.values()].map(({ grant }) => grant)
      const covers = ([key, { grant, resolved }]: [string, Standing]): boolean =>
        has.has(key) ||
        own.some((each) => each.permission === grant.permission && isUnconditional(each)) ||
        (resolved === null && own.some((each) => JSON.stringify(each) === JSON.stringify(grant)))
      const changed = [...after, ...before].filter(([key]) => !after.has(key) || !before.has(key))
      return !changed.every(covers)
    },
  }
}

/** A grant and what it is for one subject now; null: nothing. */
interface Standing {
  readonly grant: Grant
  readonly resolved: ResolvedGrant | null
}

/** A grant for one subject: its `when` holds, and what its `where` compares with is known. */
interface ResolvedGrant {
  readonly permission: string
  readonly own: boolean
  readonly where: Condition
}

function grantsOfRoles(roles: readonly string[], grants: ReadonlyMap<string, readonly Grant[]>): Grant[] {
  return [...new Set(roles)].toSorted().flatMap((role) => grants.get(role) ?? [])
}

function resolveGrants(subject: PolicySubject, grants: ReadonlyMap<string, readonly Grant[]>): ResolvedGrant[] {
  const resolved = grantsOfRoles(subject.roles, grants).flatMap((grant) => resolveGrant(grant, subject) ?? [])
  return [...new Map(resolved.map((rule) => [JSON.stringify(rule), rule])).values()]
}

/** Null when the subject does not have it as it is. */
function resolveGrant(
  { permission, own, when, where }: Grant,
  { id, attributes }: PolicySubject,
): ResolvedGrant | null {
  // A condition on an empty or missing id would match objects that have none either.
  if (own && !isPresent(id)) return null
  const condition = meetsAttributes(attributes, when) ? conditionFrom(where, attributes) : null
  return condition === null ? null : { permission, own, where: condition }
}

/** What has another type than it should is not known. */
function declaredOnes(attributes: PolicySubject['attributes'], { attributes: types = {} }: PolicyDefinition) {
  return Object.fromEntries(
    Object.entries(attributes).filter(([name, value]) => Object.hasOwn(types, name) && isOfType(value, types[name])),
  )
}

function attributeOf(attributes: PolicySubject['attributes'], name: string): unknown {
  return Object.hasOwn(attributes, name) ? attributes[name] : undefined
}

/** Null when the subject lacks an attribute that an object would be compared with: then nothing is granted. */
function conditionFrom(where: Grant['where'], attributes: PolicySubject['attributes']): Condition | null {
  const condition: Record<string, Value | readonly Value[]> = {}
  for (const [property, expected] of Object.entries(where)) {
    const value = isReference(expected) ? attributeOf(attributes, expected.attribute) : expected
    if (!isComparable(value)) return null
    condition[property] = value
  }
  return condition
}

function narrowed(rules: readonly ResolvedGrant[], scopes: readonly string[], known: readonly string[]) {
  return rules.flatMap((rule) =>
    scopes.flatMap((scope): ResolvedGrant[] => {
      const named = permissionsNamed(scope, known)
      if (named === null || !named.permissions.includes(rule.permission)) return []
      if (!named.own || rule.own) return [rule]
      // Of what is held for everything, a scope for one's own leaves that; of what is held on conditions, nothing.
      return Object.keys(rule.where).length === 0 ? [{ ...rule, own: true }] : []
    }),
  )
}

function abilityFrom(rules: readonly ResolvedGrant[], userId: string): MongoAbility {
  const raw = rules.map(({ permission, own, where }): RawRuleOf<MongoAbility> => {
    const conditions: MongoQuery = own ? { userId } : queryFrom(where)
    const rule = { action: actionOf(permission), subject: resourceOf(permission) }
    return Object.keys(conditions).length === 0 ? rule : { ...rule, conditions }
  })
  // CASL reads the words `manage` and `all` as "anything"; here they are words like any other, and `*` is no word.
  return createMongoAbility(raw, { anyAction: '*', anySubjectType: '*' })
}

function queryFrom(condition: Condition): MongoQuery {
  return Object.fromEntries(
    Object.entries(condition).map(([property, value]) => [property, Array.isArray(value) ? { $in: value } : value]),
  )
}

/** Asked rule by rule: `ability.can` without an object is true already when only a conditional rule exists. */
function compileHoldings(rules: readonly ResolvedGrant[], needOf: Holdings['needOf']): Holdings {
  const isFree = ({ own, where }: ResolvedGrant): boolean => !own && Object.keys(where).length === 0
  const held = new Set(rules.filter(isFree).map(({ permission }) => permission))
  const own = new Set(rules.filter((rule) => rule.own).map(({ permission }) => permission))
  const conditional = rules.filter((rule) => !rule.own && !isFree(rule))
  const conditions = new Map<string, Condition[]>()
  for (const { permission, where } of conditional) {
    conditions.set(permission, [...(conditions.get(permission) ?? []), where])
  }
  const ability = abilityFrom(conditional, '')
  const names = [
    ...held,
    ...[...own].map((permission) => `${permission}@own`),
    ...[...conditions.keys()].map((permission) => `${permission}@where`),
  ].toSorted()
  return {
    holds: (permission) => held.has(permission),
    holdsOwn: (permission) => own.has(permission),
    conditionsOf: (permission) => conditions.get(permission) ?? [],
    meets(permission, object) {
      if (!conditions.has(permission)) return false
      const found = ability.rulesFor(actionOf(permission), resourceOf(permission))
      return found.some((rule) => rule.matchesConditions(object))
    },
    needOf,
    permissions: Object.freeze(names),
  }
}

function needFrom({ assurance, maxAge }: NonNullable<PolicyDefinition['stepUp']>[string]): StepUpNeed {
  return {
    assurance: assurance === 'AAL2' ? 'aal2' : 'highest-enrolled',
    maxAgeMs: maxAge === undefined ? null : durationMs(maxAge),
  }
}

/** A value of the type that is declared; the expected one where there is one. */
function sampleOf({ attributes = {} }: PolicyDefinition, name: string, expected: unknown): unknown {
  const samples = { string: 'some', strings: 'some', number: 1, boolean: true }
  const type = attributes[name] ?? 'string'
  const value = expected ?? samples[type]
  return type === 'strings' ? [value] : value
}

function isUnconditional({ own, when, where }: Grant): boolean {
  return !own && Object.keys(when).length === 0 && Object.keys(where).length === 0
}

function resourceOf(permission: string): string {
  return permission.slice(0, permission.indexOf(':'))
}

function actionOf(permission: string): string {
  return permission.slice(permission.indexOf(':') + 1)
}
