import type { AttemptSource } from '../limits/service.js'
import { secondFactorAccount, type FactorProof } from '../mfa/service.js'

/**
 * Where a wrong second factor counts. Codes can be guessed, so that all of a person count together, whatever they are codes
 * of. A signature cannot: it counts for its own challenge, and no thief with a password keeps its owner from a passkey.
 * @param from `digest`: of the challenge; `ip` null: the neighbours' failures are not theirs
 */
export function attemptSource(
  { kind }: { readonly kind: FactorProof['kind'] | 'password' },
  { userId, digest, ip }: { readonly userId: string; readonly digest: string; readonly ip: string | null },
): AttemptSource {
  return kind === 'passkey' ? { account: `passkey:${digest}`, ip: null } : { account: secondFactorAccount(userId), ip }
}
