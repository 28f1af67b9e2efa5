/**
 * Owns what an import does to users: which account a line describes, whether it is there, and adding it. Three kinds of
 * documents make an account (identifier, credential, user), and a million of them are no transaction: they are written
 * in this order, and without the last one nobody can sign in.
 */
import type { Policy } from '../authorization/index.js'
import type { Clock } from '../kernel/clock.js'
import { hmacOf } from '../kernel/digest.js'
import { idFrom } from '../kernel/ids.js'
import { instantFrom } from '../kernel/instant.js'
import type { Subject } from '../kernel/subject.js'
import { attributesFrom } from './attributes.js'
import { displayNameFault, normaliseDisplayName } from './display-name.js'
import { emailIdentifier, normaliseEmail } from './email-address.js'
import { rolesFrom } from './role-choice.js'
import type { UserStore } from './store.js'
import { suspensionReasonFrom } from './suspension-reason.js'

export interface ImportedUser {
  readonly user: Subject
  readonly identifier: string
}

/** What somebody says of a user; what each of it is nobody has looked at yet. Undefined is left out. */
export interface UserDescription {
  readonly email: unknown
  readonly emailVerified?: unknown
  readonly displayName?: unknown
  readonly roles?: unknown
  readonly attributes?: unknown
  readonly createdAt?: unknown
  readonly suspension?: unknown
}

/**
 * `begun`: an import was stopped before the account was there. `moved`: the user exists and has another address now;
 * letting the old one lead to it again would be giving it to whoever has that mailbox today. `taken`: the address is
 * somebody else's.
 */
export type Standing = 'new' | 'begun' | 'there' | 'moved' | 'taken'

export interface ImportedUsersService {
  /** The account, or the first fault in a sentence that repeats no value. */
  read(description: UserDescription): ImportedUser | { readonly fault: string }
  /** In the order of the users. @throws Unavailable */
  standingsOf(users: readonly ImportedUser[]): Promise<readonly Standing[]>
  /** Takes the addresses. @returns the identifiers that went to somebody else meanwhile @throws Unavailable */
  claim(users: readonly ImportedUser[]): Promise<ReadonlySet<string>>
  /** After the address and the password: now they exist. @returns how many did not before @throws Unavailable */
  insert(users: readonly ImportedUser[]): Promise<number>
}

const defaultRoles = ['member']
/** Clocks differ, and exports are made on other machines. */
const futureMs = 24 * 60 * 60 * 1000

export function createImportedUsers({
  store,
  policy,
  clock,
  identifierKey,
}: {
  store: Pick<UserStore, 'findOwners' | 'findExisting' | 'claimIdentifiers' | 'insertImported'>
  policy: Pick<Policy, 'definition' | 'roles'>
  clock: Clock
  identifierKey: Buffer
}): ImportedUsersService {
  function read(description: UserDescription): ImportedUser | { readonly fault: string } {
    const { email: given, emailVerified = false, displayName = null, roles = defaultRoles } = description
    const { attributes: givenAttributes = {}, createdAt: givenInstant } = description
    if (given === undefined) return { fault: 'email is missing.' }
    const email = typeof given === 'string' ? normaliseEmail(given) : null
    if (email === null) return { fault: 'email is not an e-mail address.' }
    if (typeof emailVerified !== 'boolean') return { fault: 'emailVerified is neither true nor false.' }
    const name = nameFrom(displayName)
    if ('fault' in name) return name
    if (!isListOfTexts(roles)) return { fault: 'roles is not a list of names.' }
    const chosen = rolesFrom(roles, policy)
    if ('fault' in chosen) return chosen
    const attributes = attributesFrom(givenAttributes, policy.definition.attributes ?? {})
    if ('fault' in attributes) return attributes
    const created = timeFrom(givenInstant, 'createdAt', clock.now())
    if ('fault' in created) return created
    const suspended = suspensionFrom(description.suspension, clock.now())
    if ('fault' in suspended) return suspended
    const identifier = emailIdentifier(identifierKey, email)
    return {
      identifier,
      user: {
        id: importedId(identifier),
        displayName: name.displayName,
        email,
        emailVerified,
        roles: chosen.roles,
        attributes: attributes.attributes,
        ...suspended,
        createdAt: created.time,
        securityVersion: 1,
        enrolledAssurance: 'aal1',
        enrolledFactors: [],
      },
    }
  }

  /** The same for the same address, so that a second run knows what the first one has done. As unguessable as its key. */
  function importedId(identifier: string): string {
    return idFrom('usr', Buffer.from(hmacOf(identifierKey, `imported-user:${identifier}`), 'base64url'))
  }

  return {
    read,
    async standingsOf(users) {
      const [owners, existing] = await Promise.all([
        store.findOwners(users.map(({ identifier }) => identifier)),
        store.findExisting(users.map(({ user }) => user.id)),
      ])
      return users.map(({ identifier, user }) => standingOf(user.id, owners.get(identifier), existing.has(user.id)))
    },
    claim: (users) => store.claimIdentifiers(users.map(({ identifier, user }) => ({ identifier, userId: user.id }))),
    insert: (users) => store.insertImported(users.map(({ user }) => user)),
  }
}

function standingOf(userId: string, ownerId: string | undefined, exists: boolean): Standing {
  if (ownerId !== undefined && ownerId !== userId) return 'taken'
  if (exists) return ownerId === undefined ? 'moved' : 'there'
  return ownerId === undefined ? 'new' : 'begun'
}

function nameFrom(given: unknown): { readonly displayName: string | null } | { readonly fault: string } {
  if (given === null) return { displayName: null }
  if (typeof given !== 'string') return { fault: 'displayName is not a text.' }
  const fault = displayNameFault(given)
  return fault === null ? { displayName: normaliseDisplayName(given) } : { fault }
}

/** Left out it is now. */
function timeFrom(given: unknown, name: string, now: Date): { readonly time: Date } | { readonly fault: string } {
  const time = given === undefined ? now : instantFrom(given)
  // Before 1970 there were no accounts: such a time is a fault of the export.
  if (time === null || time.getTime() < 0) return { fault: `${name} is not a time of RFC 3339.` }
  if (time.getTime() > now.getTime() + futureMs) return { fault: `${name} is in the future.` }
  return { time }
}

/** Who was kept out where they come from stays out, and their address with them. */
function suspensionFrom(
  given: unknown,
  now: Date,
): Pick<Subject, 'status' | 'suspension'> | { readonly fault: string } {
  if (given === undefined || given === null) return { status: 'active' }
  const isKnown = (key: string) => key === 'at' || key === 'reason'
  if (typeof given !== 'object' || Array.isArray(given) || !Object.keys(given).every(isKnown))
    return { fault: 'suspension is not an object of at and reason.' }
  const { at, reason: text = null } = given as { readonly at?: unknown; readonly reason?: unknown }
  if (text !== null && typeof text !== 'string') return { fault: 'suspension.reason is not a text.' }
  const reason = suspensionReasonFrom(text)
  if ('fault' in reason) return reason
  const since = timeFrom(at, 'suspension.at', now)
  return 'fault' in since ? since : { status: 'suspended', suspension: { at: since.time, reason: reason.reason } }
}

function isListOfTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
