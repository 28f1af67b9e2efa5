/** A sign-up that waits in its one-time token until the address is proven. There is no user before that. */
export interface PendingSignUp {
  readonly email: string
  readonly displayName: string | null
  readonly passwordHash: string
  readonly languages: readonly string[]
}

/** @throws TypeError for what this code has not written */
export function pendingSignUpFrom(payload: Readonly<Record<string, unknown>>): PendingSignUp {
  const { email, displayName, passwordHash, languages } = payload
  if (typeof email !== 'string' || typeof passwordHash !== 'string') throw new TypeError('This is no pending sign-up')
  return {
    email,
    displayName: typeof displayName === 'string' ? displayName : null,
    passwordHash,
    languages: Array.isArray(languages) ? languages.filter((tag) => typeof tag === 'string') : [],
  }
}
