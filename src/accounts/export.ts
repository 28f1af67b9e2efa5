import type { Person } from '../kernel/caller.js'
import { NotFound } from '../kernel/errors.js'
import { requireProof } from '../kernel/step-up.js'
import type { Subject } from '../kernel/subject.js'
import type { Authenticator } from '../mfa/service.js'
import { expiresAt, type Device, type Session } from '../sessions/service.js'
import { ownEvent } from './own-event.js'
import type { AccountDependencies, AccountsService } from './service.js'

/** Everything personal that is kept about the person who asks, and no secret: nobody can sign in with it. */
export interface AccountExport {
  readonly profile: Omit<Subject, 'securityVersion' | 'enrolledAssurance' | 'enrolledFactors' | 'suspension'>
  /** When the password was set; its hash is nobody's business. */
  readonly passwordChangedAt: Date | null
  /** What this person proves with; no secret of it. */
  readonly authenticators: readonly Authenticator[]
  /** What this person has signed in with. */
  readonly devices: readonly object[]
  readonly sessions: readonly ExportedSession[]
  /** What the person did, and what was done to the account; newest first. */
  readonly auditEvents: readonly object[]
  /** There are more events than these. */
  readonly truncated: boolean
  /** Links that were sent and have not been used yet. */
  readonly pendingLinks: readonly object[]
}

type ExportedSession = Pick<
  Session,
  'id' | 'delivery' | 'createdAt' | 'authenticatedAt' | 'lastSeenAt' | 'endedAt' | 'endReason'
> & { readonly device: Device; readonly expiresAt: Date }

/** What one answer can carry. */
const mostEvents = 10_000

export function createExport(deps: AccountDependencies): AccountsService['exportData'] {
  const { users, passwords, mfa, risk, sessions, oneTimeTokens, audit, clock } = deps
  return async (person: Person) => {
    const { userId } = person
    person.require('account:export', { userId })
    requireProof(person, 'account:export', clock.now())
    const user = await users.find(userId)
    if (user === null) throw new NotFound()
    const [passwordChangedAt, authenticators, devices, kept, { events, truncated }, ...pending] = await Promise.all([
      passwords.changedAt(userId),
      mfa.list(person, user),
      risk.listKept(userId),
      sessions.listKept(userId),
      audit.listAbout(userId, mostEvents),
      oneTimeTokens.listPending(userId),
      // An invitation, or a sign-up of before there was an account; of an address that was never proven it is somebody else's.
      ...(user.emailVerified ? [oneTimeTokens.listPending(users.requireEmail(user.email, 'email').identifier)] : []),
    ])
    // Before anything leaves: an export that nobody could ever see in the trail is what a thief would like.
    await audit.record(ownEvent('account.exported', userId, { sessionId: person.sessionId }))
    return {
      profile: profileOf(user),
      passwordChangedAt,
      authenticators,
      devices: devices.map(({ id, name, ipPrefix, createdAt, lastUsedAt }) => ({
        id,
        name,
        ipPrefix,
        createdAt,
        lastUsedAt,
      })),
      sessions: kept.map(exportedSession),
      auditEvents: events,
      truncated,
      // A link to another address is there only where that address is nobody's: it would tell who has an account.
      pendingLinks: pending.flat().filter(({ purpose }) => purpose !== 'email-change'),
    }
  }
}

function profileOf({ language, ...user }: Subject): AccountExport['profile'] {
  const { id, email, emailVerified, displayName, roles, attributes, status, createdAt, secondFactorDueAt } = user
  const known = { id, email, emailVerified, displayName, roles, attributes, status, createdAt }
  const due = secondFactorDueAt === undefined ? {} : { secondFactorDueAt }
  return language === undefined ? { ...known, ...due } : { ...known, ...due, language }
}

/** Field by field: the digests and seals of a family are no personal data, and of use to nobody but a thief. */
function exportedSession(session: Session): ExportedSession {
  const { id, delivery, createdAt, authenticatedAt, lastSeenAt, endedAt, endReason } = session
  return {
    id,
    device: { name: session.device.name, ipPrefix: session.device.ipPrefix },
    delivery,
    createdAt,
    authenticatedAt,
    lastSeenAt,
    expiresAt: expiresAt(session),
    endedAt,
    endReason,
  }
}
