/**
 * Owns passwords: which may be chosen, how they are kept, whether one is right, and changing one's own. Does not own
 * who has an account (users), what a right password leads to (sign-in), what a change ends (sessions), nor how often
 * one may guess (limits).
 */
import type { AuditService } from '../audit/service.js'
import type { Background } from '../kernel/background.js'
import type { Person } from '../kernel/caller.js'
import type { Clock } from '../kernel/clock.js'
import { InvalidInput, RateLimited, type FieldFaults } from '../kernel/errors.js'
import type { Assurance } from '../kernel/subject.js'
import type { Transaction } from '../kernel/transaction.js'
import type { LimitsService } from '../limits/service.js'
import { ChangedMeanwhile, type SessionsService } from '../sessions/service.js'
import { parseForeignHash, storedFormOf } from './foreign-hash.js'
import type { Hasher } from './hasher.js'
import type { PasswordContext } from './context-words.js'
import {
  hashableForm,
  isTooShortAlone,
  normalisePassword,
  passwordFault,
  type PasswordLimits,
} from './password-rules.js'
import { createProveAgain, type ProveAgain } from './proof-again.js'
import type { PasswordScreening } from './screening.js'
import type { CredentialStore } from './store.js'

export interface PasswordsService {
  rules(): PasswordRules
  /** What can be seen at once, for nothing: its length and its characters. Whoever is counted is asked this before. */
  formFaults(plaintext: string, field: string, enrolled?: Assurance): FieldFaults
  /**
   * The hash of a new password; outside of every transaction. Looking at how easy a guess it is takes up to a second of a
   * core that all share: never for somebody who is not counted.
   * @throws InvalidInput for the first of its form, breaches, and how easy it is; RateLimited, Unavailable
   */
  prepare(plaintext: string, field: string, context: PasswordContext): Promise<string>
  /**
   * Gives the user the password of a hash made by `prepare`, whatever there was before.
   * @param isShort of `isTooShortAlone`: nobody can have chosen such without a second factor
   */
  set(tx: Transaction, userId: string, hash: string, isShort?: boolean): Promise<void>
  /** Whether a text is long enough only beside a second factor. */
  isTooShortAlone(plaintext: string): boolean
  /** Whether the user's password is that; null for whoever has none. */
  isShort(userId: string, tx: Transaction): Promise<boolean | null>
  /** No password is right any more where it was long enough only beside a second factor. */
  removeShort(tx: Transaction, userId: string): Promise<void>
  /** When it was set; null for whoever has none. */
  changedAt(userId: string): Promise<Date | null>
  /** No password is right any more, until another one is set. False where there was none. */
  remove(tx: Transaction, userId: string): Promise<boolean>
  /**
   * Whether that is the user's password; for nobody, null, the answer is as much work and `wrong`. `outdated` is right,
   * by a hash of other parameters than the present ones. @throws RateLimited, Unavailable
   */
  verify(userId: string | null, plaintext: string): Promise<'wrong' | 'right' | 'outdated'>
  /** That somebody who is signed in knows it. */
  readonly proveAgain: ProveAgain
  /** Whether that is the password of a hash that is nobody's yet. @throws RateLimited */
  matches(hash: string, plaintext: string): Promise<boolean>
  /** Whether it is in the list of stolen ones; false where there is no list, or none that answers. */
  isBreached(plaintext: string): Promise<boolean>
  /** Brings the hash of a password that was right to the present parameters, where it is not. True when it did. */
  rehashIfNeeded(userId: string, plaintext: string): Promise<boolean>
  /** The form in which a hash of another system is stored, or what is wrong with it. */
  readImported(hash: string): { readonly stored: string } | { readonly fault: string }
  /**
   * Gives accounts that do not exist yet their passwords, in forms of `readImported`, or none (null).
   * @throws Unavailable: then some may have theirs. Doing it again is right.
   */
  insertImported(passwords: readonly ImportedPassword[]): Promise<void>
  /**
   * Changes the person's password and ends all other sessions.
   * @throws Forbidden, InvalidInput, RateLimited, CredentialsRejected, Unavailable, and what `changeSecurity` throws
   */
  change(person: Person, passwords: PasswordChange): Promise<void>
}

/** What a form can say of new passwords before one is sent. */
export interface PasswordRules {
  readonly minLength: number
  /** For whoever has a second factor. */
  readonly minLengthWithSecondFactor: number
  readonly maxLength: number
  /** Of zxcvbn, 0 to 4. */
  readonly guessabilityScore: number
  readonly breachedRefused: boolean
}

export interface ImportedPassword {
  readonly userId: string
  readonly passwordHash: string | null
  /** Whether an import that was stopped has begun with this account. */
  readonly isBegun: boolean
}

export interface PasswordChange {
  readonly currentPassword: string
  readonly newPassword: string
}

export interface PasswordsDependencies {
  readonly store: CredentialStore
  readonly hasher: Hasher
  readonly limits: LimitsService
  readonly audit: Pick<AuditService, 'record'>
  readonly background: Background
  readonly clock: Clock
  readonly rules: PasswordLimits
  readonly screening: PasswordScreening
  readonly changeSecurity: SessionsService['changeSecurity']
  readonly endSession: SessionsService['expel']
  /** Of other slices. */
  readonly codes: { beginRow(userId: string): Promise<void> }
  readonly devices: { forgetOthers(tx: Transaction, person: Person): Promise<void> }
}

/** Looked up in place of the user who does not exist: the id of nobody, as long as any other. */
const nobody = `usr_${'0'.repeat(26)}`

const newPasswordField = 'input.newPassword'

export function createPasswords(deps: PasswordsDependencies): PasswordsService {
  const { store, hasher, limits, clock, rules, screening, changeSecurity, codes, devices } = deps
  const proveAgain = createProveAgain({ ...deps, read })

  function formFaults(plaintext: string, field: string, enrolled?: Assurance): FieldFaults {
    const fault = passwordFault(plaintext, rules, enrolled)
    return fault === null ? {} : { [field]: fault }
  }

  async function prepare(plaintext: string, field: string, context: PasswordContext): Promise<string> {
    refuse(formFaults(plaintext, field, context.enrolledAssurance))
    const fault = await screening.fault(normalisePassword(plaintext), context)
    if (fault !== null) refuse({ [field]: fault })
    return hasher.hash(plaintext)
  }

  async function rehashIfNeeded(userId: string, plaintext: string): Promise<boolean> {
    const hash = await store.findHash(userId)
    if (hash === null || !hasher.needsRehash(hash)) return false
    try {
      // Asked again: the password may have changed since, and the old one must not come back by this.
      if (!(await hasher.verify(hash, plaintext))) return false
      return await store.rehash(userId, hash, await hasher.hash(plaintext))
    } catch (cause) {
      // Somebody who waits for an answer needs the room more; the next sign-in tries again.
      if (cause instanceof RateLimited) return false
      throw cause
    }
  }

  async function change(person: Person, passwords: PasswordChange): Promise<void> {
    const { userId, user } = person
    person.require('password:change', { userId })
    refuse(formFaults(passwords.newPassword, newPasswordField, user.enrolledAssurance))
    if (hashableForm(passwords.newPassword, rules) === hashableForm(passwords.currentPassword, rules)) {
      refuse({ [newPasswordField]: 'The new password is the current one.' })
    }
    const facts = { sessionId: person.sessionId }
    const refusal = { name: 'password.change-refused', actorId: userId, subjectId: userId, outcome: 'refused' } as const
    const currentHash = await proveAgain(person, passwords.currentPassword, { ...refusal, facts })
    await limits.spend('password-choice', userId)
    // After the proof, so that only who knows the password takes the time of the judge; and before the transaction,
    // which must not last as long as a hash.
    const passwordHash = await prepare(passwords.newPassword, newPasswordField, user)
    // Before it, too: a row of wrong codes that stayed would void the new password at the next one.
    await codes.beginRow(userId)
    await changeSecurity(person, {
      keep: person.sessionId,
      reason: 'password-changed',
      event: { name: 'password.changed', facts: {} },
      async work(tx) {
        const isShort = isTooShortAlone(passwords.newPassword, rules)
        const credential = { userId, passwordHash, changedAt: clock.now(), isShort }
        // What was proven is not the stored hash any more: another password, or the same one under newer parameters.
        // The next try tells which; a wrong password it is not.
        if (!(await store.replace(tx, currentHash, credential))) throw new ChangedMeanwhile()
        // Whoever has known the password has made devices known with it.
        await devices.forgetOthers(tx, person)
      },
    })
  }

  async function insertImported(passwords: readonly ImportedPassword[]): Promise<void> {
    const changedAt = clock.now()
    await store.insertImported(
      passwords.flatMap(({ userId, passwordHash }) =>
        // How long the password behind a hash is, nobody knows.
        passwordHash === null ? [] : [{ userId, passwordHash, changedAt, isShort: false }],
      ),
    )
    await store.dropImported(
      passwords.flatMap(({ userId, passwordHash, isBegun }) => (isBegun && passwordHash === null ? [userId] : [])),
    )
  }

  async function read(userId: string | null, plaintext: string): Promise<{ hash: string | null; matches: boolean }> {
    // The same read for nobody, so that the database answers no stopwatch either.
    const hash = await store.findHash(userId ?? nobody)
    return { hash, matches: await hasher.verify(hash, plaintext) }
  }

  return {
    rules() {
      const { minLength, minLengthWithSecondFactor, maxLength } = rules
      return { minLength, minLengthWithSecondFactor, maxLength, ...screening.rules }
    },
    formFaults,
    prepare,
    set: (tx, userId, passwordHash, isShort = false) =>
      store.put(tx, { userId, passwordHash, changedAt: clock.now(), isShort }),
    isTooShortAlone: (plaintext) => isTooShortAlone(plaintext, rules),
    isShort: (userId, tx) => store.isShort(userId, tx),
    removeShort: (tx, userId) => store.removeShort(tx, userId),
    changedAt: (userId) => store.findChangedAt(userId),
    remove: (tx, userId) => store.remove(tx, userId),
    async verify(userId, plaintext) {
      const { hash, matches } = await read(userId, plaintext)
      if (hash === null || !matches) return 'wrong'
      return hasher.needsRehash(hash) ? 'outdated' : 'right'
    },
    proveAgain,
    matches: (hash, plaintext) => hasher.verify(hash, plaintext),
    isBreached: (plaintext) => screening.isBreached(normalisePassword(plaintext)),
    rehashIfNeeded,
    readImported(hash) {
      const parsed = parseForeignHash(hash)
      return 'fault' in parsed ? parsed : { stored: storedFormOf(hash) }
    },
    insertImported,
    change,
  }
}

function refuse(faults: FieldFaults): void {
  if (Object.keys(faults).length > 0) throw new InvalidInput(faults)
}

export { CredentialsRejected } from './credentials-rejected.js'
export type { PasswordContext } from './context-words.js'
