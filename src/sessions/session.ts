import type { Assurance } from '../kernel/subject.js'

/** How the tokens of a session reach its client; fixed when it starts. */
export type TokenDelivery = 'body' | 'cookie'

export interface Device {
  /** In plain words: `Firefox on Linux`. */
  readonly name: string
  /** The network, never the whole address: IPv4 /24, IPv6 /48. */
  readonly ipPrefix: string | null
}

/** The device of a session, which is one of the person's. */
export interface SessionDevice extends Device {
  /** Left out in sessions from before devices were known, as the next. */
  readonly id?: string
  /** Whether the person had signed in with it before. */
  readonly isKnown?: boolean
}

/** Why a session was ended by somebody or something. */
export type EndedReason =
  | 'revoked'
  | 'signed-out'
  | 'signed-out-everywhere'
  | 'password-changed'
  | 'password-reset'
  | 'email-changed'
  | 'disowned'
  | 'factors-changed'
  | 'suspended'
  | 'account-deleted'
  | 'refresh-reused'
  | 'answer-lost'
  | 'password-guessed'

/** Why a session is over; the last three need no write to be true. */
export type EndReason = EndedReason | 'idle' | 'absolute' | 'security-changed'

/** A spent refresh token, and where its successor can be found by whoever holds it. */
export interface SpentToken {
  readonly digest: string
  /** The data key that took part in the seal. */
  readonly keyId: string
  readonly sealed: string
  readonly graceUntil: Date
}

/** The chain of refresh tokens of one session. */
export interface RefreshFamily {
  readonly familyDigest: string
  /** The position of the current token: 0 is the token of the sign-in. */
  readonly generation: number
  readonly currentDigest: string
  readonly rotatedAt: Date
  /** Oldest first, at most `ringSize`. */
  readonly ring: readonly SpentToken[]
  readonly idleExpiresAt: Date
  readonly absoluteExpiresAt: Date
  /** RFC 9449: the thumbprint of the key this family is bound to; null for plain bearer. */
  readonly jkt: string | null
}

/** One sign-in on one device. Session and refresh family are one document, so that one write decides about both. */
export interface Session {
  readonly id: string
  readonly userId: string
  /** The user's when the proof began, or of the change that kept this session. Anything older than the user's is dead. */
  readonly securityVersion: number
  readonly device: SessionDevice
  readonly delivery: TokenDelivery
  readonly assurance: Assurance
  readonly authenticatedAt: Date
  /** The passkey that it began with, alone or after a password; null where it was none. */
  readonly authenticatorId: string | null
  readonly createdAt: Date
  /** Written when a refresh token rotates. */
  readonly lastSeenAt: Date
  readonly endedAt: Date | null
  readonly endReason: EndedReason | null
  readonly family: RefreshFamily
}

/** When the session ends unless it is used before. */
export function expiresAt({ family }: Session): Date {
  return family.idleExpiresAt < family.absoluteExpiresAt ? family.idleExpiresAt : family.absoluteExpiresAt
}

/**
 * Since when and why the session is over, or null while it lives. What somebody ended comes first: an ended session
 * never "timed out". An ended user version comes last: it has no time of its own.
 * @param securityVersion the user's; leave it out where only the session's own life is asked for
 */
export function sessionEnd(
  session: Session,
  now: Date,
  securityVersion = session.securityVersion,
): { at: Date; reason: EndReason } | null {
  if (session.endedAt !== null) return { at: session.endedAt, reason: session.endReason ?? 'revoked' }
  const { idleExpiresAt, absoluteExpiresAt } = session.family
  if (absoluteExpiresAt <= now) return { at: absoluteExpiresAt, reason: 'absolute' }
  if (idleExpiresAt <= now) return { at: idleExpiresAt, reason: 'idle' }
  if (session.securityVersion !== securityVersion) return { at: now, reason: 'security-changed' }
  return null
}
