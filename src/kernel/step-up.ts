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
  // Of whom it is not known, it may be the strongest there is.
  const { enrolledAssurance = 'aal2' } = caller.user
  const needed = need.assurance === 'highest-enrolled' ? enrolledAssurance : need.assurance
  const ageMs = now.getTime() - caller.authenticatedAt.getTime()
  // 'aal1' < 'aal2': the levels sort as strings. A token may say more than there is: the last factor has gone since.
  const isEnrolled = enrolledAssurance >= needed
  const isFresh = need.maxAgeMs === null || ageMs <= need.maxAgeMs
  if (isEnrolled && caller.assurance >= needed && isFresh) return null
  const methods = isEnrolled ? proofKindsOf(caller.user) : []
  return new StepUpRequired({
    assurance: needed.toUpperCase(),
    ...(need.maxAgeMs === null ? {} : { maxAgeSeconds: Math.floor(need.maxAgeMs / 1000) }),
    ...(methods === null ? {} : { methods: methods.map((kind) => kind.replaceAll('-', '_').toUpperCase()) }),
    // What is not enrolled cannot be used: then there is nothing to choose from, and something to enrol.
    ...(isEnrolled ? {} : { enrol: true }),
  })
}

/** For services, who distrust the guards before them. @throws StepUpRequired, Forbidden */
export function requireProof(caller: Caller, permission: string, now: Date): void {
  const need = caller.kind === 'anonymous' ? null : caller.holdings.needOf(permission)
  const refusal = need === null ? null : proofRefusal(caller, need, now)
  if (refusal !== null) throw refusal
}
