import type { Decisions, FieldExplanation } from '../authorization/index.js'
import type { GuardContext } from '../authorization/guard-context.js'
import type { AccountsService } from '../accounts/service.js'
import type { AuditService } from '../audit/service.js'
import type { CallersService } from '../callers/service.js'
import type { SessionCookies } from '../http/cookies.js'
import type { CallerSource, Identification, Presented } from '../http/identify.js'
import { anonymous, type Caller, type KnownCaller } from '../kernel/caller.js'
import type { DomainError } from '../kernel/errors.js'
import type { LimitsService } from '../limits/service.js'
import type { MfaService } from '../mfa/service.js'
import type { PasswordResetService } from '../passwords/reset.js'
import type { PasswordsService } from '../passwords/service.js'
import type { RiskService } from '../risk/service.js'
import type { SessionsService } from '../sessions/service.js'
import type { SignInService } from '../sign-in/service.js'
import type { AdministrationService } from '../users/administration.js'
import type { SecondFactorGrace } from '../users/second-factor-grace.js'
import type { UsersService } from '../users/service.js'

/** What can be asked about the rules of the schema that is being served. */
export interface AuthorizationService extends Decisions<Context> {
  /** @throws InvalidInput for an unknown role, and unless the text is one operation of the schema */
  explain(operation: string, role: string | null): FieldExplanation[]
  /** Packed CASL rules. */
  packedRules(caller: KnownCaller): unknown
}

export interface Services {
  readonly authorization: AuthorizationService
  readonly accounts: AccountsService
  readonly administration: AdministrationService
  readonly audit: AuditService
  readonly callers: Pick<CallersService, 'callerOf'>
  readonly users: UsersService
  readonly grace: Pick<SecondFactorGrace, 'dueOf'>
  readonly limits: Pick<LimitsService, 'spend'>
  readonly mfa: MfaService
  readonly passwords: PasswordsService
  readonly passwordReset: PasswordResetService
  readonly risk: Pick<RiskService, 'list' | 'forget'>
  readonly sessions: SessionsService
  readonly signIn: SignInService
}

/** What resolvers may know of the HTTP request: where it came from, nothing it could have made up about us. */
export interface RequestFacts {
  readonly id: string
  /** Through trusted proxies only; `unknown` when there is no address. */
  readonly ip: string
  /** BCP 47, the preferred one first, at most five. */
  readonly languages: readonly string[]
  /** At most 512 characters. */
  readonly userAgent: string | null
}

export interface Context extends GuardContext {
  readonly services: Services
  readonly identification: Identification
  readonly request: RequestFacts
  /** Whether a federation router asks; see `router-proof.ts`. */
  readonly router: boolean
  /** What the request presented, good or not, for the operations that look at it themselves. */
  readonly presented: Presented
  readonly cookies: SessionCookies
  /** Why the page that asks must neither use nor get cookies, or null. */
  readonly cookieOriginFault: () => DomainError | null
  /**
   * Makes whoever has just signed in the caller for the rest of the request.
   * A method on purpose, not to be taken out of the context: Apollo Server copies the context, and `this` is the copy.
   */
  switchCaller(this: Context, caller: Caller): void
  /** Set for operations whose door line says that they may. */
  maySwitchCaller: boolean
  renewCaller(this: Context): Promise<void> | void
}

export interface ContextParts extends Pick<
  Context,
  'services' | 'cookieOriginFault' | 'identification' | 'request' | 'router' | 'presented' | 'cookies'
> {
  readonly callers: CallerSource
}

/** Field by field: taking the parts apart and spreading them was 4 % of answering `me`. */
export function createContext(parts: ContextParts): Context {
  const { callers, identification } = parts
  let hasSwitched = false
  return {
    services: parts.services,
    identification,
    request: parts.request,
    router: parts.router,
    presented: parts.presented,
    cookies: parts.cookies,
    cookieOriginFault: parts.cookieOriginFault,
    // Refused and still running means that the operation brings its own proof: then nobody is signed in by the token.
    caller: identification.outcome === 'caller' ? identification.caller : anonymous,
    verdicts: new Map(),
    maySwitchCaller: false,
    switchCaller(caller) {
      if (!this.maySwitchCaller) throw new Error('An operation whose door line does not say so has signed somebody in')
      hasSwitched = true
      takeCaller(this, caller)
    },
    renewCaller() {
      // Whoever has signed in during this request holds a token that it was not made with.
      if (hasSwitched || identification.outcome !== 'caller') return this.verdicts.clear()
      const caller = callers.resolve(identification.token)
      if ('then' in caller) return caller.then((renewed) => takeCaller(this, renewed))
      return takeCaller(this, caller)
    },
  }
}

/** A verdict is about a caller; with another one all of them are void. */
function takeCaller(context: Context, caller: Caller): void {
  context.caller = caller
  context.verdicts.clear()
}
