import { digestOf, sameDigest } from '../kernel/digest.js'
import type { RefreshToken } from './refresh-token.js'
import { sessionEnd, type Session, type SpentToken, type TokenDelivery } from './session.js'

/** What a refresh token that did not rotate turned out to be. */
export type RefreshVerdict =
  /** The session is absent, ended or expired. */
  | { readonly kind: 'over' }
  /** Not of this family: somebody guesses, or mixes tokens up. Nothing may change because of it. */
  | { readonly kind: 'forged' }
  /** A cookie's token in a body or the reverse, or one that is bound to a key without its proof. Nothing may change. */
  | { readonly kind: 'misdelivered' }
  /** The newest token, too young to rotate. */
  | { readonly kind: 'current' }
  /** Spent moments ago; its holder may have missed the answer. */
  | { readonly kind: 'in-grace' }
  /** The newest token's direct predecessor, after its grace: its holder most likely never got the answer. */
  | { readonly kind: 'late' }
  /** Spent before: two hold this family, and one of them is a thief (RFC 9700 §4.14.2). */
  | { readonly kind: 'reused' }

/** The order matters: what a stranger can cause is judged before what only a holder of the family can. */
export function refreshVerdict(
  session: Session | null,
  presented: RefreshToken,
  delivery: TokenDelivery,
  now: Date,
): RefreshVerdict {
  if (session === null || sessionEnd(session, now) !== null) return { kind: 'over' }
  const { family } = session
  if (!sameDigest(family.familyDigest, digestOf(presented.familySecret))) return { kind: 'forged' }
  // RFC 9449 §5: what is bound to a key is worth nothing without its proof, and nobody can give one here yet.
  if (session.delivery !== delivery || family.jkt !== null) return { kind: 'misdelivered' }
  const digest = digestOf(presented.tokenSecret)
  if (sameDigest(family.currentDigest, digest)) return { kind: 'current' }
  const spent = spentToken(family.ring, digest)
  if (spent !== null && spent.graceUntil > now) return { kind: 'in-grace' }
  return { kind: spent !== null && spent === family.ring.at(-1) ? 'late' : 'reused' }
}

export function spentToken(ring: readonly SpentToken[], digest: string): SpentToken | null {
  return ring.find((spent) => sameDigest(spent.digest, digest)) ?? null
}
