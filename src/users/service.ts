/**
 * Owns users: who there is, under which address they are found, and what they are called. Does not own how a person
 * proves to be one (passwords, sign-in), what ends with a change (sessions), nor what a role allows (authorization).
 */
import { requireAny, type Caller, type Person } from '../kernel/caller.js'
import type { Clock } from '../kernel/clock.js'
import { DomainError, Forbidden, InvalidInput, NotFound, Unauthenticated, type FieldFaults } from '../kernel/errors.js'
import type { Announce } from '../kernel/identity-change.js'
import { isId, newId } from '../kernel/ids.js'
import type { Page } from '../kernel/page.js'
import type { Random } from '../kernel/random.js'
import type { EnrolledFactor, Subject, UserStatus } from '../kernel/subject.js'
import type { Transaction } from '../kernel/transaction.js'
import { displayNameFault, normaliseDisplayName } from './display-name.js'
import { emailIdentifier, normaliseEmail } from './email-address.js'
import type { UserStore } from './store.js'

export interface UsersService {
  /** An address as it was typed: its one spelling and what leads to its user. Null when it is no address. */
  identify(email: string): EmailIdentity | null
  /** As `identify`. @throws InvalidInput under the name of the field */
  requireEmail(email: string, field: string): EmailIdentity
  /** What is wrong with a registration, by field, before anything is spent on it. Empty when nothing is. */
  registrationFaults(registration: Pick<Registration, 'email' | 'displayName'>): FieldFaults
  /** @throws EmailTaken, and InvalidInput for what `registrationFaults` would have named */
  register(tx: Transaction, registration: Registration): Promise<Subject>
  find(userId: string, tx?: Transaction): Promise<Subject | null>
  /** The user if it is active and still of that version: what was given out under an older one is void. */
  findAt(userId: string, securityVersion: number | null, tx?: Transaction): Promise<Subject | null>
  /** In the order of the ids, in one read. For whom they are, the caller of this decides. */
  findMany(userIds: readonly string[]): Promise<readonly (Subject | null)[]>
  /** Linearizable; see `UserStore.findVerdict`. */
  findVerdict(userId: string): Promise<Subject | null>
  /** The id of the user to whom an identifier (of `identify`) leads. */
  findByIdentifier(identifier: string): Promise<string | null>
  /** @throws Unauthenticated for the anonymous caller; NotFound when absent, and when not the caller's to see */
  get(caller: Caller, found: Subject | null): Subject
  /** For a reference that another subgraph made (`_entities`), whatever it holds: as `get`, but null in every refusal. */
  resolveReference(caller: Caller, id: unknown, load: (id: string) => Promise<Subject | null>): Promise<Subject | null>
  /**
   * Newest first, those that the caller's `user:read` reaches.
   * @throws Unauthenticated; Forbidden for callers that may read but themselves; InvalidInput
   */
  list(caller: Caller, page: Page, filter: UserFilter): Promise<UserPage>
  /** `displayName` undefined keeps it, null removes it. @throws InvalidInput, Forbidden, NotFound */
  updateProfile(person: Person, change: ProfileChange): Promise<Subject>
  /** `user` as it was read; 'taken' when the address leads to somebody else, and then the transaction is lost. */
  changeEmail(tx: Transaction, user: Subject, to: EmailIdentity): Promise<'changed' | 'taken'>
  /** False when there is no such user that is active. Tell of it (`announce`) once it is committed. */
  markEmailVerified(tx: Transaction, userId: string): Promise<boolean>
  /** See `UserStore.setEnrolledFactors`. */
  setEnrolledFactors(tx: Transaction, userId: string, factors: readonly EnrolledFactor[]): Promise<void>
  /** See `UserStore.forgetFactors`. */
  forgetFactors(tx: Transaction, userId: string): Promise<Subject | null>
  /** The new version, or null when the user is not active at `expectedVersion` any more (a lost race). */
  bumpSecurityVersion(tx: Transaction, userId: string, expectedVersion: number): Promise<number | null>
  /** Whether nobody was ever registered: the first start. */
  isEmpty(): Promise<boolean>
}

/** What is left out or null does not matter. */
export interface UserFilter {
  /** In any spelling. */
  readonly email?: string | null | undefined
  readonly status?: UserStatus | null | undefined
  readonly role?: string | null | undefined
  /** Inclusive. */
  readonly createdAfter?: Date | null | undefined
  /** Exclusive. */
  readonly createdBefore?: Date | null | undefined
}

export interface UserPage {
  readonly users: readonly Subject[]
  readonly hasNextPage: boolean
  readonly totalCount: number
}

export interface EmailIdentity {
  readonly email: string
  readonly identifier: string
}

export interface Registration {
  readonly email: string
  readonly displayName?: string | null | undefined
  readonly roles: readonly string[]
  /** Whether the person has shown that the address is theirs. */
  readonly emailVerified?: boolean
  /** As a browser asks for them, the preferred one first. */
  readonly languages?: readonly string[]
}

export interface ProfileChange {
  readonly displayName?: string | null | undefined
}

/** Existence is no secret only where sign-up is open; `SIGN_UP=open` is a stated non-guarantee of security.md. */
export class EmailTaken extends DomainError {
  constructor() {
    super('conflict', 'EMAIL_TAKEN', 'There is an account with this address already.')
  }
}

export interface UsersDependencies {
  readonly store: UserStore
  readonly clock: Clock
  readonly random: Random
  /** The sealed data key of `identifiers`. It can never change: every address would be unknown at once. */
  readonly identifierKey: Buffer
  readonly announce: Announce
}

const notAnAddress = 'This is not an e-mail address.'
const emailField = 'input.email'
const displayNameField = 'input.displayName'

export function createUsers({ store, clock, random, identifierKey, announce }: UsersDependencies): UsersService {
  function identify(raw: string): EmailIdentity | null {
    const email = normaliseEmail(raw)
    return email === null ? null : { email, identifier: emailIdentifier(identifierKey, email) }
  }

  function requireEmail(raw: string, field: string): EmailIdentity {
    const identity = identify(raw)
    if (identity === null) throw new InvalidInput({ [field]: notAnAddress })
    return identity
  }

  function registrationFaults({ email, displayName }: Pick<Registration, 'email' | 'displayName'>): FieldFaults {
    return {
      ...(normaliseEmail(email) === null ? { [emailField]: notAnAddress } : {}),
      ...profileFaults(displayName),
    }
  }

  async function register(tx: Transaction, registration: Registration): Promise<Subject> {
    const identity = identify(registration.email)
    const faults = registrationFaults(registration)
    if (identity === null || Object.keys(faults).length > 0) throw new InvalidInput(faults)
    const user: Subject = {
      id: newId('usr', random),
      displayName: typeof registration.displayName === 'string' ? normaliseDisplayName(registration.displayName) : null,
      email: identity.email,
      emailVerified: registration.emailVerified ?? false,
      ...(registration.languages?.[0] === undefined ? {} : { language: registration.languages[0] }),
      roles: registration.roles,
      attributes: {},
      status: 'active',
      createdAt: clock.now(),
      securityVersion: 1,
      enrolledAssurance: 'aal1',
      enrolledFactors: [],
    }
    if ((await store.insert(tx, user, identity.identifier)) === 'taken') throw new EmailTaken()
    return user
  }

  async function list(caller: Caller, page: Page, filter: UserFilter): Promise<UserPage> {
    requireAny(caller, 'user:read')
    // Of a list of people one's own name is no part: who may read nobody else has no business here.
    if (!caller.can('user:read') && caller.holdings.conditionsOf('user:read').length === 0) throw new Forbidden()
    const { email = null, status = null, role = null, createdAfter = null, createdBefore = null } = filter
    const selection = {
      reach: caller.reach('user:read'),
      ids: email === null ? null : await idsBehind(email),
      status,
      role,
      createdFrom: createdAfter,
      createdUntil: createdBefore,
    }
    const [found, totalCount] = await Promise.all([store.list(selection, page), store.count(selection)])
    return { users: found.slice(0, page.first), hasNextPage: found.length > page.first, totalCount }
  }

  async function idsBehind(email: string): Promise<readonly string[]> {
    const { identifier } = requireEmail(email, 'filter.email')
    const userId = await store.findIdByIdentifier(identifier)
    return userId === null ? [] : [userId]
  }

  function get(caller: Caller, found: Subject | null): Subject {
    if (caller.kind === 'anonymous') throw new Unauthenticated()
    // One answer for "absent" and "not yours".
    if (found === null || !maySee(caller, found)) throw new NotFound()
    return found
  }

  async function updateProfile(person: Person, { displayName }: ProfileChange): Promise<Subject> {
    person.require('profile:update', { userId: person.userId })
    const faults = profileFaults(displayName)
    if (Object.keys(faults).length > 0) throw new InvalidInput(faults)
    const user =
      displayName === undefined
        ? await store.find(person.userId)
        : await store.setDisplayName(person.userId, displayName === null ? null : normaliseDisplayName(displayName))
    if (user === null) throw new NotFound()
    // Before the answer: the next request of this person must not be answered from what was remembered.
    if (displayName !== undefined) announce({ kind: 'user', userId: user.id })
    return user
  }

  return {
    identify,
    requireEmail,
    registrationFaults,
    register,
    find: (userId, tx) => store.find(userId, tx),
    async findAt(userId, securityVersion, tx) {
      const user = await store.find(userId, tx)
      return user?.status === 'active' && user.securityVersion === securityVersion ? user : null
    },
    findMany: (userIds) => store.findMany(userIds),
    findVerdict: (userId) => store.findVerdict(userId),
    findByIdentifier: (identifier) => store.findIdByIdentifier(identifier),
    get,
    resolveReference,
    list,
    updateProfile,
    async changeEmail(tx, { id, email }, to) {
      const from = emailIdentifier(identifierKey, email)
      return store.changeEmail(tx, id, { from, to: to.identifier, email: to.email })
    },
    markEmailVerified: (tx, userId) => store.markEmailVerified(tx, userId),
    setEnrolledFactors: (tx, userId, factors) => store.setEnrolledFactors(tx, userId, factors),
    forgetFactors: (tx, userId) => store.forgetFactors(tx, userId),
    bumpSecurityVersion: (tx, userId, expectedVersion) => store.bumpSecurityVersion(tx, userId, expectedVersion),
    isEmpty: () => store.isEmpty(),
  }
}

/** A condition of the policy may ask for more than the owner. */
function maySee(caller: Caller, user: Subject): boolean {
  return caller.can('user:read', { ...user, userId: user.id })
}

async function resolveReference(
  caller: Caller,
  id: unknown,
  load: (id: string) => Promise<Subject | null>,
): Promise<Subject | null> {
  // What cannot be an id, and what is certainly not the caller's to see, never reaches the database.
  if (typeof id !== 'string' || !isId('usr', id) || caller.kind === 'anonymous') return null
  const mightSee = caller.can('user:read', { userId: id }) || caller.holdings.conditionsOf('user:read').length > 0
  const user = mightSee ? await load(id) : null
  return user !== null && maySee(caller, user) ? user : null
}

function profileFaults(displayName: string | null | undefined): FieldFaults {
  const fault = typeof displayName === 'string' ? displayNameFault(displayName) : null
  return fault === null ? {} : { [displayNameField]: fault }
}

export { displayNameFault, normaliseDisplayName } from './display-name.js'
export { rolesFrom } from './role-choice.js'
export type { ActorsService } from './actors.js'
export type { ImportedUser, ImportedUsersService, UserDescription } from './imported-users.js'
