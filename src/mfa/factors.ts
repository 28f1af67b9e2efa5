import { DomainError, InvalidInput } from '../kernel/errors.js'

/** What somebody can prove with that it is them, beside or after a password. */
export type SecondFactor = 'totp' | 'recovery-code'

export interface FactorProof {
  readonly kind: SecondFactor
  /** As it was typed. */
  readonly code: string
}

/** Wrong, too old, too early, or used before: which, is nobody's business. */
export class FactorRejected extends DomainError {
  constructor() {
    super('unauthenticated', 'FACTOR_REJECTED', 'This code is wrong, or has been used. Try the next one.')
  }
}

interface ProofInput {
  readonly password?: string | null | undefined
  readonly totp?: string | null | undefined
  readonly recoveryCode?: string | null | undefined
}

/** The one proof that an input brings. @throws InvalidInput for none, and for more than one */
export function proofIn(input: ProofInput): FactorProof | { readonly kind: 'password'; readonly password: string } {
  const { password, totp, recoveryCode } = input
  const given = [
    ...(isText(password) ? [{ kind: 'password' as const, password }] : []),
    ...(isText(totp) ? [{ kind: 'totp' as const, code: totp }] : []),
    ...(isText(recoveryCode) ? [{ kind: 'recovery-code' as const, code: recoveryCode }] : []),
  ]
  const [proof, ...others] = given
  if (proof === undefined || others.length > 0) throw new InvalidInput({ input: 'Give exactly one proof.' })
  return proof
}

function isText(value: string | null | undefined): value is string {
  return typeof value === 'string'
}
