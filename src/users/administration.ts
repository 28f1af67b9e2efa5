/**
 * Owns what people with permission do to the accounts of others: roles, attributes, suspension. Does not own what a role
 * allows (authorization), nor how sessions end (sessions).
 *
 * Each change is one transaction. Its first write is the actor's own document, so that whoever has just lost a
 * permission does nothing with it any more.
 */
import type { Person } from '../kernel/caller.js'
import { InvalidInput } from '../kernel/errors.js'
import type { Subject } from '../kernel/subject.js'
import { createCarryOut, type AdministrationDependencies } from './administered-change.js'
import { attributesFrom, changedNames } from './attributes.js'
import { administering } from './last-administrator.js'
import { rolesFrom } from './role-choice.js'
import { suspensionReasonFrom } from './suspension-reason.js'

/**
 * Every method returns the user as it is afterwards. One that changes nothing writes nothing, no event either.
 * All throw Forbidden for callers that hold nothing of the permission, StepUpRequired, NotFound for absent users and
 * those that the permission does not reach, InvalidInput, and ChangedMeanwhile when the actor is not who it was.
 */
export interface AdministrationService {
  /** Replaces them. @throws LastAdministrator */
  setRoles(actor: Person, userId: string, roles: readonly string[]): Promise<Subject>
  /** Replaces them as a whole. @param attributes whatever a client sent */
  setAttributes(actor: Person, userId: string, attributes: unknown): Promise<Subject>
  /** Ends all sessions of the user, and keeps it from signing in. @throws LastAdministrator */
  suspend(actor: Person, userId: string, reason?: string | null): Promise<Subject>
  reinstate(actor: Person, userId: string): Promise<Subject>
  /** Removes all second factors of somebody who has lost them, forgets the devices, and ends all their sessions. */
  resetFactors(actor: Person, userId: string): Promise<Subject>
}

export function createAdministration(deps: AdministrationDependencies): AdministrationService {
  const { store, policy, factors, devices, clock } = deps
  const change = createCarryOut(deps)

  /** Nobody grants, takes or suspends what they do not hold themselves. */
  function refuseExcess(actor: Person, from: Subject, to: Subject, field: string): void {
    if (!policy.exceeds(actor.user, { from, to })) return
    const fault = field === 'id' ? 'This user may do more than you.' : 'This takes more than you may do yourself.'
    throw new InvalidInput({ [field]: fault })
  }

  /** Nobody takes a demand for a second factor off themselves, nor gives themselves more time for it. */
  function refuseLaxerDemand(actor: Person, from: Subject, to: Subject, field: string): void {
    if (from.id !== actor.userId) return
    const [before, after] = [policy.secondFactorGraceMs(from), policy.secondFactorGraceMs(to)]
    if (before === null || (after !== null && after <= before)) return
    throw new InvalidInput({ [field]: 'You must have a second factor. Somebody else may change that.' })
  }

  return {
    async setRoles(actor, userId, given) {
      return change(actor, userId, {
        permission: administering,
        plan(user) {
          const read = rolesFrom(given, policy)
          if ('fault' in read) throw new InvalidInput({ roles: read.fault })
          const { roles } = read
          if (sameMembers(roles, user.roles)) return user
          const planned = { ...user, roles }
          refuseExcess(actor, user, planned, 'roles')
          refuseLaxerDemand(actor, user, planned, 'roles')
          return planned
        },
        write: (tx, { roles }) => store.setRoles(tx, userId, roles),
        event: (user, planned) => ({
          name: 'user.roles-changed',
          facts: { from: user.roles.join(','), to: planned.roles.join(',') },
        }),
      })
    },

    async setAttributes(actor, userId, given) {
      return change(actor, userId, {
        permission: 'user:set-attributes',
        plan(user) {
          const read = attributesFrom(given, policy.definition.attributes ?? {})
          if ('fault' in read) throw new InvalidInput({ attributes: read.fault })
          if (changedNames(user.attributes, read.attributes).length === 0) return user
          const planned = { ...user, attributes: read.attributes }
          refuseExcess(actor, user, planned, 'attributes')
          refuseLaxerDemand(actor, user, planned, 'attributes')
          const asking = changedNames(user.attributes, read.attributes).flatMap((name) =>
            policy.permissionsAsking(`attributes.${name}`),
          )
          // Conditions of others read these, too: it must not take two to get at somebody.
          if (!asking.every((permission) => actor.can(permission))) {
            throw new InvalidInput({ attributes: 'This takes more than you may do yourself.' })
          }
          if (changesReach(actor, user, planned)) {
            throw new InvalidInput({ attributes: 'This would change what you may do to this user.' })
          }
          return planned
        },
        write: (tx, { attributes }) => store.setAttributes(tx, userId, attributes),
        event: (user, planned) => ({
          name: 'user.attributes-changed',
          facts: { names: changedNames(user.attributes, planned.attributes).join(',') },
        }),
      })
    },

    async suspend(actor, userId, given) {
      return change(actor, userId, {
        permission: 'user:suspend',
        plan(user) {
          const read = suspensionReasonFrom(given)
          if ('fault' in read) throw new InvalidInput({ reason: read.fault })
          if (userId === actor.userId) throw new InvalidInput({ id: 'You cannot suspend yourself.' })
          refuseExcess(actor, user, { ...user, roles: [] }, 'id')
          if (user.status === 'suspended') return user
          return { ...user, status: 'suspended', suspension: { at: clock.now(), reason: read.reason } }
        },
        write: (tx, { suspension }) => (suspension ? store.suspend(tx, userId, suspension) : Promise.resolve(null)),
        event: () => ({ name: 'user.suspended', facts: {} }),
      })
    },

    async reinstate(actor, userId) {
      return change(actor, userId, {
        permission: 'user:reinstate',
        plan(user) {
          refuseExcess(actor, user, { ...user, roles: [] }, 'id')
          return user.status === 'active' ? user : { ...user, status: 'active' }
        },
        write: (tx) => store.reinstate(tx, userId),
        event: () => ({ name: 'user.reinstated', facts: {} }),
      })
    },

    async resetFactors(actor, userId) {
      let removed: Readonly<Record<string, string>> = {}
      return change(actor, userId, {
        permission: 'user:reset-authenticators',
        plan(user) {
          // For oneself this would be the way around proving by the factor that is removed.
          if (userId === actor.userId) throw new InvalidInput({ id: 'You cannot do this to yourself.' })
          refuseExcess(actor, user, { ...user, roles: [] }, 'id')
          return user.enrolledAssurance === 'aal1' ? user : { ...user, enrolledAssurance: 'aal1', enrolledFactors: [] }
        },
        async write(tx) {
          const after = await store.forgetFactors(tx, userId)
          if (after === null) return null
          removed = await factors.removeAllOf(tx, userId)
          // What is lost is a phone as a rule, which is known, or in whose hands it is.
          await devices.forgetAll(tx, userId, after.securityVersion)
          return after
        },
        event: () => ({ name: 'user.authenticators-reset', facts: removed }),
        ends: 'factors-changed',
      })
    },
  }
}

/** Conditions ask for attributes of people, too: nobody brings somebody else into their own reach, or out of it. */
function changesReach(actor: Person, user: Subject, planned: Subject): boolean {
  const reached = ({ ...object }: Subject): string[] =>
    actor.holdings.permissions
      .filter((held) => held.endsWith('@where'))
      .map((held) => held.slice(0, -'@where'.length))
      .filter((permission) => actor.can(permission, { ...object, userId: object.id }))
  return reached(user).join() !== reached(planned).join()
}

function sameMembers(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((member) => b.includes(member))
}
