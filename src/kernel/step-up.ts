import type { Caller } from './caller.js'
import { Forbidden, StepUpRequired } from './errors.js'
import { proofKindsOf, type Assurance } from './subject.js'

/** How a person must have proven who it is, by the token it presents (RFC 9470). */
export interface StepUpNeed {
  /** `highest-enrolled`: with the strongest proof that this person has. */
  readonly assurance: Assurance | 'highest-enrolled'
  /** Since the proof; null: however long ago. */
  readonly maxAgeMs: number | null
}

/**
 * Why the proof behind the presented token is not enough, or null. A machine proves nothing and cannot step up, so that
 * asking it to would be a riddle.
 */
export function proofRefusal(caller: Caller, need: StepUpNeed, now: Date): Forbidden | StepUpRequired | null {
  if (caller.kind !== 'person') return new Forbidden()
  const { enrolledAssurance } = caller.user
  const needed = need.assurance === 'highest-enrolled' ? enrolledAssurance : need.assurance
  const ageMs = now.getTime() - caller.authenticatedAt.getTime()
  // 'aal1' < 'aal2': the levels sort as strings.
  if (caller.assurance >= needed && (need.maxAgeMs === null || ageMs <= need.maxAgeMs)) return null
  return new StepUpRequired({
    assurance: needed.toUpperCase(),
    ...(need.maxAgeMs === null ? {} : { maxAgeSeconds: Math.floor(need.maxAgeMs / 1000) }),
    // What is not enrolled cannot be used: then there is nothing to choose from, and something to enrol.
    ...(enrolledAssurance < needed
      ? { methods: [], enrol: true }
      : { methods: proofKindsOf(caller.user).map((kind) => kind.replaceAll('-', '_').toUpperCase()) }),
  })
}

/** For services, who distrust the guards before them. @throws StepUpRequired, Forbidden */
export function requireProof(caller: Caller, permission: string, now: Date): void {
  const need = caller.kind === 'anonymous' ? null : caller.holdings.needOf(permission)
  const refusal = need === null ? null : proofRefusal(caller, need, now)
  if (refusal !== null) throw refusal
}
