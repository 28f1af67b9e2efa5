/** How strongly a session or token was proven (NIST SP 800-63B-4 §2). */
export type Assurance = 'aal1' | 'aal2'

/** What somebody proves with beside a password. */
export type EnrolledFactor = 'totp' | 'passkey' | 'recovery-code'

/** What somebody proves again with. */
export type ProofKind = 'password' | EnrolledFactor

export type UserStatus = 'active' | 'suspended'

export interface Suspension {
  readonly at: Date
  /** In the words of whoever suspended the user; not meant for the user. */
  readonly reason: string | null
}

/** A user as the other slices see it: who a session belongs to, and all that decides what the person may do. */
export interface Subject {
  readonly id: string
  readonly displayName: string | null
  readonly email: string
  readonly emailVerified: boolean
  /** BCP 47, of the browser that the account was made with; what mails are written in, where there are such templates. */
  readonly language?: string
  readonly roles: readonly string[]
  readonly attributes: Readonly<Record<string, unknown>>
  readonly status: UserStatus
  /** Of somebody suspended. */
  readonly suspension?: Suspension
  readonly createdAt: Date
  /** Raised by every change that must end sessions; what carries an older one is dead. */
  readonly securityVersion: number
  /** The strongest proof this person has enrolled. Absent where that is not known, as of somebody behind another's token. */
  readonly enrolledAssurance?: Assurance
  /**
   * What there is to prove with beside the password, each kind once; nothing where `enrolledAssurance` is `aal1`. Absent
   * where that is not known.
   */
  readonly enrolledFactors?: readonly EnrolledFactor[]
  /**
   * From when on the policy wants a second factor; absent while that clock has not begun. It stays with the factor, and
   * counts again once there is none.
   */
  readonly secondFactorDueAt?: Date
}

/** The policy wants a second factor of somebody who has none. */
export interface EnrolmentDue {
  /** What would do. */
  readonly methods: readonly EnrolledFactor[]
  /** From then on nothing goes but adding one, leaving, and what the policy spares. */
  readonly dueAt: Date
}

/** Recovery codes stand in for a factor; by themselves they are none. */
export function assuranceOf(factors: readonly EnrolledFactor[]): Assurance {
  return factors.some((kind) => kind !== 'recovery-code') ? 'aal2' : 'aal1'
}

/**
 * With what this person proves again; null where that is not known. A password that was stolen must not be enough where
 * there is more.
 */
export function proofKindsOf({ enrolledAssurance, enrolledFactors }: Subject): readonly ProofKind[] | null {
  if (enrolledAssurance === 'aal1') return ['password']
  return enrolledAssurance === undefined ? null : (enrolledFactors ?? null)
}

/** What mails are written in that nobody's browser has asked for. */
export function languagesOf({ language }: Subject): readonly string[] {
  return language === undefined ? [] : [language]
}
