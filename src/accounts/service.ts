/**
 * Owns how an account begins and ends: who may sign up, the proof that the address is theirs, invitations, accounts that
 * nobody signs up for; how its owner changes the address or takes the account back; what is handed out of one, and that
 * nothing is left of it. Does not own users, passwords or sessions, nor what the mails say (mail).
 */
import type { AuditService } from '../audit/service.js'
import type { Policy } from '../authorization/index.js'
import type { Person } from '../kernel/caller.js'
import type { Clock } from '../kernel/clock.js'
import type { Announce } from '../kernel/identity-change.js'
import type { Subject } from '../kernel/subject.js'
import type { Transact } from '../kernel/transaction.js'
import type { LimitsService } from '../limits/service.js'
import type { MfaService } from '../mfa/service.js'
import type { OneTimeTokensService } from '../one-time-tokens/service.js'
import type { OutboxService } from '../outbox/service.js'
import type { PasswordsService } from '../passwords/service.js'
import type { Arrival as DeviceArrival, RiskService, SignedInOnDevice } from '../risk/service.js'
import type { SessionsService } from '../sessions/service.js'
import type { ActorsService, UsersService } from '../users/service.js'
import { createAssignEmail } from './assigned-email.js'
import { createDisown } from './disown.js'
import { createEmailChange } from './email-change.js'
import { createDeletion } from './deletion.js'
import { createExport, type AccountExport } from './export.js'
import { createInvite } from './inviting.js'
import { createProvision } from './provision.js'
import { createSignUp } from './sign-up.js'
import { createVerification } from './verification.js'

/** `verified`: the address is proven first. `open`: it is not. `closed`: nobody but the invited. */
export type SignUpMode = 'verified' | 'open' | 'closed'

/** Where and how the new session will be used, and which languages its browser asks for. */
export interface Arrival extends DeviceArrival {
  readonly languages: readonly string[]
}

export interface SignUp {
  readonly email: string
  readonly password: string
  readonly displayName?: string | null | undefined
  /** The token of an invitation, which is good in every mode. */
  readonly invitation?: string | null | undefined
}

export interface NewInvitation {
  readonly email: string
  /** Left out: those of every new account. */
  readonly roles?: readonly string[] | null | undefined
}

export interface Provision extends Omit<SignUp, 'invitation'> {
  readonly roles: readonly string[]
}

/** A mail is on its way, whether there is an account already or not: which of the two, only the mail says. */
export interface VerificationSent {
  readonly email: string
}

export interface AccountsService {
  readonly signUpMode: SignUpMode
  /**
   * @throws InvalidInput (all fields at once), SignUpClosed, EmailTaken (`open` only), RateLimited, Unavailable; with an
   * invitation OneTimeTokenRejected, also for another address and where the inviter could not give those roles any more
   */
  signUp(input: SignUp, arrival: Arrival): Promise<SignedInOnDevice | VerificationSent>
  /**
   * Proves the address by the token of its mail and the password that was chosen, makes the account where there is none
   * yet, and signs in.
   * @throws OneTimeTokenRejected, CredentialsRejected (which spends nothing), RateLimited, Unavailable
   */
  verifyEmail(proof: { token: string; password: string }, arrival: Arrival): Promise<SignedInOnDevice>
  /** The same for every address, known or not. @throws InvalidInput, RateLimited, Unavailable */
  resendVerification(email: string, from: Pick<Arrival, 'ip' | 'languages'>): Promise<void>
  /**
   * Sends a link to the new address, and tells the present one. The same for every new address, known or not.
   * @throws Forbidden, StepUpRequired, InvalidInput, Unavailable
   */
  requestEmailChange(person: Person, newEmail: string): Promise<void>
  /** Ends all sessions but the one that asked. @throws OneTimeTokenRejected, Unavailable */
  confirmEmailChange(token: string): Promise<void>
  /**
   * Gives the account of that address another one, on the word of whoever runs the service: ends its sessions, password,
   * links and known devices, and sends a link for a new password there. Second factors stay, unless they are to go, too, or
   * the address was never proven.
   * @throws InvalidInput where there is no such account, or the other address is somebody's; ChangedMeanwhile;
   *   Unavailable, and then it may have happened
   */
  assignEmail(assignment: {
    readonly email: string
    readonly newEmail: string
    readonly withoutFactors: boolean
  }): Promise<{ readonly userId: string; readonly hasFactors: boolean }>
  /**
   * Ends all sessions and the password, takes away what was enrolled since, and sends a link for a new password.
   * @throws OneTimeTokenRejected, ChangedMeanwhile, Unavailable
   */
  disownSession(token: string): Promise<void>
  /**
   * Makes accounts that nobody signs up for: the first administrator, the people of a development database. All or none.
   * @throws InvalidInput, EmailTaken
   */
  provision(accounts: readonly Provision[]): Promise<readonly Subject[]>
  /**
   * Sends somebody the way to an account with these roles. The same for every address, known or not.
   * @throws Forbidden, StepUpRequired, InvalidInput, ChangedMeanwhile, Unavailable
   */
  invite(person: Person, invitation: NewInvitation, languages: readonly string[]): Promise<void>
  /** @throws Forbidden, StepUpRequired, NotFound for somebody who has just gone, Unavailable */
  exportData(person: Person): Promise<AccountExport>
  /**
   * Removes the account and everything personal with it; ids stay in the audit trail.
   * @param confirmEmail the address of the account, in any spelling
   * @throws Forbidden, StepUpRequired, InvalidInput, LastAdministrator, ChangedMeanwhile, Unavailable
   */
  deleteAccount(person: Person, confirmEmail: string): Promise<void>
}

export interface AccountDependencies {
  readonly users: UsersService
  readonly actors: ActorsService
  readonly passwords: PasswordsService
  readonly sessions: Pick<SessionsService, 'adopt' | 'changeAndEnd' | 'findMany' | 'listKept' | 'settle' | 'removeAll'>
  readonly risk: RiskService
  readonly mfa: Pick<MfaService, 'list' | 'removeAllOf' | 'disown'>
  readonly oneTimeTokens: OneTimeTokensService
  readonly outbox: Pick<OutboxService, 'put' | 'forget' | 'withdraw'>
  readonly limits: LimitsService
  readonly audit: Pick<AuditService, 'record' | 'listAbout'>
  readonly transact: Transact
  readonly announce: Announce
  readonly clock: Clock
  readonly policy: Pick<Policy, 'roles' | 'exceeds' | 'holdingsOf' | 'isOverdue'>
  readonly mode: SignUpMode
}

export function createAccounts(deps: AccountDependencies): AccountsService {
  const { users, limits, outbox, mode } = deps
  return {
    signUpMode: mode,
    signUp: createSignUp(deps),
    verifyEmail: createVerification(deps),
    async resendVerification(given, { ip, languages }) {
      const { email } = users.requireEmail(given, 'input.email')
      await limits.spend('mail-request', ip)
      await outbox.put({ kind: 'resend-verification', email, languages })
    },
    ...createEmailChange(deps),
    assignEmail: createAssignEmail(deps),
    disownSession: createDisown(deps),
    provision: createProvision(deps),
    invite: createInvite(deps),
    exportData: createExport(deps),
    deleteAccount: createDeletion(deps),
  }
}

export { SignUpClosed } from './sign-up.js'
