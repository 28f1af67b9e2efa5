/** Of whom the policy wants a second factor, and what whoever is overdue may do until there is one. */
import type { Assurance } from '../kernel/subject.js'
import type { Fault } from './faults.js'
import { durationMs, permissionsNamed, type PolicyDefinition, type SecondFactorDemand } from './policy-definition.js'
import { attributeFaults, lineageOf, meetsAttributes } from './role-grants.js'

/** Whoever a policy decides for, as far as it matters here. */
export interface Demanded {
  readonly roles: readonly string[]
  /** Those that are declared, of the declared types. */
  readonly attributes: Readonly<Record<string, unknown>>
  /** Absent: nothing is known, and none is assumed, so that a demand without a grace asks for a proof of AAL2. */
  readonly enrolledAssurance?: Assurance
  readonly secondFactorDueAt?: Date
}

export interface SecondFactorRule {
  /** How long this person may go on without; null where none is wanted. Of several demands the shortest counts. */
  graceMsOf(person: Demanded): number | null
  /** Whether the time is over. Without a grace it always is; with one, once it has begun and has passed. */
  isOverdue(person: Demanded, now: Date): boolean
  /** Whose holders some demand means, all of them or those with the right attributes. */
  readonly roles: readonly string[]
}

export function secondFactorRule({ secondFactor, roles }: PolicyDefinition): SecondFactorRule {
  const demands = (secondFactor?.required ?? []).map(({ grace, ...demand }) => ({
    ...demand,
    graceMs: grace === undefined ? 0 : (durationMs(grace) ?? 0),
  }))
  const lineages = new Map(Object.keys(roles).map((name) => [name, lineageOf(name, new Map(Object.entries(roles)))]))

  function meansRoles({ roles: asked }: Pick<SecondFactorDemand, 'roles'>, held: readonly string[]): boolean {
    // Who inherits from a role can do all that it can.
    const all = held.flatMap((role) => lineages.get(role) ?? [])
    return asked === undefined || asked.some((role) => all.includes(role))
  }

  function applies(demand: SecondFactorDemand, { roles: held, attributes }: Demanded): boolean {
    return meansRoles(demand, held) && meetsAttributes(attributes, demand.attributes ?? {})
  }

  function graceMsOf(person: Demanded): number | null {
    const graces = demands.filter((demand) => applies(demand, person)).map(({ graceMs }) => graceMs)
    return graces.length === 0 ? null : Math.min(...graces)
  }

  return {
    roles: Object.keys(roles).filter((role) => demands.some((demand) => meansRoles(demand, [role]))),
    graceMsOf,
    isOverdue(person, now) {
      if (person.enrolledAssurance === 'aal2') return false
      const graceMs = graceMsOf(person)
      if (graceMs === null || graceMs === 0) return graceMs === 0
      return person.secondFactorDueAt !== undefined && person.secondFactorDueAt <= now
    },
  }
}

export function secondFactorFaults(definition: PolicyDefinition): Fault[] {
  const { secondFactor, roles, attributes = {}, permissions, elsewhere = [] } = definition
  const place = 'secondFactor'
  const faults: Fault[] = []
  for (const demand of secondFactor?.required ?? []) {
    for (const role of demand.roles ?? []) {
      if (!Object.hasOwn(roles, role))
        faults.push({ place, problem: `names "${role}", which is no role`, remedy: 'Define it' })
    }
    for (const [name, conditions] of Object.entries({ roles: demand.roles, attributes: demand.attributes })) {
      if (conditions === undefined || Object.keys(conditions).length > 0) continue
      const remedy = 'Leave it out: without a condition everybody is meant'
      faults.push({ place, problem: `has an empty \`${name}\``, remedy })
    }
    faults.push(...attributeFaults(place, demand.attributes ?? {}, attributes))
    if (demand.grace !== undefined && durationMs(demand.grace) === null) {
      faults.push({ place, problem: 'has a grace that is no duration', remedy: 'Write 90s, 5m, 12h or 7d' })
    }
  }
  for (const entry of secondFactor?.meanwhile ?? []) {
    const named = permissionsNamed(entry, [...permissions, ...elsewhere])
    if (named !== null && named.permissions.length > 0) continue
    faults.push({
      place,
      problem: `"${entry}" matches no declared permission`,
      remedy: 'Declare it, or correct the name',
    })
  }
  return faults
}
