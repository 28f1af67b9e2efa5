import { DomainError, InvalidInput } from '../kernel/errors.js'

/** What somebody can prove with that it is them, beside or after a password. */
export type SecondFactor = 'totp' | 'passkey' | 'recovery-code'

export interface CodeProof {
  readonly kind: 'totp' | 'recovery-code'
  /** As it was typed. */
  readonly code: string
}

export type FactorProof =
  | CodeProof
  /** What the browser has answered with (`PublicKeyCredential.toJSON()`). */
  | { readonly kind: 'passkey'; readonly credential: unknown }

/** A right proof. It counts once it is used, together with what it is given for. */
export type ProvenFactor =
  | { readonly kind: 'totp'; readonly userId: string; readonly authenticatorId: string; readonly step: number }
  | { readonly kind: 'passkey'; readonly userId: string; readonly authenticatorId: string; readonly counter: number }
  | { readonly kind: 'recovery-code'; readonly userId: string; readonly digest: string }

export type ProvenPasskey = Extract<ProvenFactor, { kind: 'passkey' }>

/** Wrong, too old, too early, or used before: which, is nobody's business. */
export class FactorRejected extends DomainError {
  constructor() {
    super('unauthenticated', 'FACTOR_REJECTED', 'This code is wrong, or has been used. Try the next one.')
  }
}

/** Of nobody here, for another challenge, page or person, or of a copy: which, is nobody's business. */
export class PasskeyRejected extends DomainError {
  constructor() {
    super('unauthenticated', 'PASSKEY_REJECTED', 'This passkey was not accepted. Try again, or use another one.')
  }
}

export class TooManyAuthenticators extends DomainError {
  constructor() {
    super('conflict', 'TOO_MANY_AUTHENTICATORS', 'You have as many of these as there can be. Remove one first.')
  }
}

/** As GraphQL hands it over; exactly one of them counts. */
export interface ProofInput {
  readonly password?: string | null | undefined
  readonly totp?: string | null | undefined
  readonly recoveryCode?: string | null | undefined
  readonly passkey?: unknown
}

/** The one proof that an input brings. @throws InvalidInput for none, and for more than one */
export function proofIn(input: ProofInput): FactorProof | { readonly kind: 'password'; readonly password: string } {
  const { password, totp, recoveryCode, passkey } = input
  const given = [
    ...(isText(password) ? [{ kind: 'password' as const, password }] : []),
    ...(isText(totp) ? [{ kind: 'totp' as const, code: totp }] : []),
    ...(isText(recoveryCode) ? [{ kind: 'recovery-code' as const, code: recoveryCode }] : []),
    ...(passkey === undefined || passkey === null ? [] : [{ kind: 'passkey' as const, credential: passkey }]),
  ]
  const [proof, ...others] = given
  if (proof === undefined || others.length > 0) throw new InvalidInput({ input: 'Give exactly one proof.' })
  return proof
}

function isText(value: string | null | undefined): value is string {
  return typeof value === 'string'
}
