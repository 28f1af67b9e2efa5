import { DomainError } from '../kernel/errors.js'
import { assuranceOf, type Subject } from '../kernel/subject.js'
import type { Transaction } from '../kernel/transaction.js'
import type { PasswordsService } from '../passwords/service.js'
import type { UsersService } from '../users/service.js'
import type { SecondFactor } from './factors.js'
import type { AuthenticatorStore, StoredAuthenticator } from './store.js'

/** The policy wants a second factor of this person, and this is the only one. */
export class LastAuthenticator extends DomainError {
  constructor() {
    super(
      'conflict',
      'LAST_AUTHENTICATOR',
      'You must have a second factor. Add another one before you remove this one.',
    )
  }
}

export class PasswordTooShortAlone extends DomainError {
  constructor() {
    super(
      'conflict',
      'PASSWORD_TOO_SHORT_ALONE',
      'Without a second factor your password is too short. Set a longer one first.',
    )
  }
}

/** Whoever has said of a sign-in that it was somebody else's has no password until there is another one. */
export class NoPassword extends DomainError {
  constructor() {
    super('conflict', 'NO_PASSWORD', 'You have no password, and could not sign in any more. Set one first.')
  }
}

/** What there is to prove with, each kind once; what only stands in for another factor comes last. */
export function kindsOf(enrolled: readonly StoredAuthenticator[]): readonly SecondFactor[] {
  const kinds = new Set(enrolled.filter(isUsable).map(({ kind }) => kind))
  const standIns = kinds.delete('recovery-code') ? (['recovery-code'] as const) : []
  return [...kinds, ...standIns]
}

function isUsable(enrolled: StoredAuthenticator): boolean {
  return enrolled.kind !== 'recovery-code' || enrolled.digests.length > 0
}

/** Keeps what guards know of a person's factors equal to what there is: part of every change of them. */
export function createEnrolledFactors(deps: {
  readonly store: Pick<AuthenticatorStore, 'listOf' | 'removeAllOf'>
  readonly users: Pick<UsersService, 'setEnrolledFactors' | 'find'>
  readonly passwords: Pick<PasswordsService, 'isShort'>
  readonly demandsSecondFactor: (user: Subject) => boolean
}) {
  const { store, users, passwords, demandsSecondFactor } = deps

  /** Whether there still is a factor. */
  async function settle(tx: Transaction, userId: string): Promise<boolean> {
    const kinds = kindsOf(await store.listOf(userId, tx))
    const isLeft = assuranceOf(kinds) === 'aal2'
    // Codes that stand in for nothing would be a factor of their own.
    if (!isLeft) await store.removeAllOf(tx, userId)
    await users.setEnrolledFactors(tx, userId, isLeft ? kinds : [])
    return isLeft
  }

  return {
    settle,

    /**
     * After its person has removed one.
     * @throws LastAuthenticator, NoPassword, PasswordTooShortAlone: then nothing is removed
     */
    async settleRemoval(tx: Transaction, userId: string): Promise<void> {
      if (await settle(tx, userId)) return
      // Read here: a role that was given a moment ago demands as well.
      const user = await users.find(userId, tx)
      if (user !== null && demandsSecondFactor(user)) throw new LastAuthenticator()
      const isShort = await passwords.isShort(userId, tx)
      if (isShort === null) throw new NoPassword()
      if (isShort) throw new PasswordTooShortAlone()
    },
  }
}
