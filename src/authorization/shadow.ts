import { machineOf, personOf, type Caller } from '../kernel/caller.js'
import type { Clock } from '../kernel/clock.js'
import { Forbidden, type DomainError } from '../kernel/errors.js'
import { checksFor, passes, refusalOf, type Guard } from './caller-rules.js'
import { entityRefusal, type EntityGuard, type Naming } from './entity-guard.js'
import type { Policy } from './policy.js'

/** Where a second policy would have answered otherwise. */
export interface ShadowDifference {
  /** `Type.field`. */
  readonly coordinate: string
  readonly caller: Caller
  /** What was answered: null for allowed, or the code of the refusal. */
  readonly enforced: string | null
  /** What the second policy would have answered. */
  readonly shadow: string | null
}

/** A second policy beside the first, on live traffic. Nothing is enforced from it, and nothing fails because of it. */
export interface Shadow {
  /** What was decided on an object that is being resolved. */
  compare(guard: Guard | null, decision: Decision & { readonly object: unknown }): void
  /** What was decided on what arguments name. Loads what is needed, behind the answer. */
  compareEntities(guard: EntityGuard, naming: Naming, decision: Decision): void
}

interface Decision {
  readonly refusal: DomainError | null
  readonly caller: Caller
  readonly coordinate: string
}

/**
 * @param onDifference told once per guarded field and object that differs; it must not throw
 * @param onError told when the second policy could not answer
 */
export function createShadow(
  policy: Policy,
  how: {
    readonly clock: Pick<Clock, 'now'>
    readonly onDifference: (difference: ShadowDifference) => void
    readonly onError: (coordinate: string, cause: unknown) => void
  },
): Shadow {
  /** Callers are immutable, so each has its shadow once. */
  const shadows = new WeakMap<Caller, Caller>()

  function shadowOf(caller: Caller): Caller {
    const known = shadows.get(caller) ?? underPolicy(caller, policy, how.clock.now())
    shadows.set(caller, known)
    return known
  }

  function tell({ refusal, caller, coordinate }: Decision, shadowed: DomainError | null): void {
    const [enforced, shadow] = [refusal?.code ?? null, shadowed?.code ?? null]
    if (shadow !== enforced) how.onDifference({ coordinate, caller, enforced, shadow })
  }

  return {
    compare(guard, decision) {
      // A field without a rule is closed under every policy, and nobody is signed in by one.
      if (guard === null || decision.caller.kind === 'anonymous') return
      try {
        tell(decision, refusalUnder(guard, shadowOf(decision.caller), decision.object, how.clock.now()))
      } catch (cause) {
        how.onError(decision.coordinate, cause)
      }
    },
    compareEntities(guard, naming, decision) {
      // A context of its own, so that what is loaded for the shadow is never what the resolver gets.
      const context: object = Object.create(naming.context)
      const shadowed = async () => entityRefusal(guard, { ...naming, context, caller: shadowOf(naming.caller) })
      shadowed()
        .then((refusal) => tell(decision, refusal))
        .catch((cause: unknown) => how.onError(decision.coordinate, cause))
    },
  }
}

function underPolicy(caller: Caller, policy: Policy, now: Date): Caller {
  if (caller.kind === 'anonymous') return caller
  return caller.kind === 'person'
    ? personOf({ ...caller, holdings: policy.holdingsOf(caller.user, now) })
    : machineOf({ ...caller, holdings: policy.holdingsOfMachine(caller.scopes, caller.owner, now) })
}

function refusalUnder(guard: Guard, caller: Caller, object: unknown, now: Date): DomainError | null {
  const refusal = refusalOf(caller, guard, now)
  if (refusal !== null) return refusal
  const isAllowed = checksFor(caller, guard.ownerships).every((check) => passes(caller, object, check))
  return isAllowed ? null : new Forbidden()
}
