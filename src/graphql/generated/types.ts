import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { Subject, EnrolmentDue as DomainEnrolmentDue } from '../../kernel/subject.js';
import type { FieldExplanation as DomainFieldExplanation } from '../../authorization/explain.js';
import type { KnownDevice as DomainKnownDevice } from '../../risk/service.js';
import type { Authenticator as DomainAuthenticator } from '../../mfa/service.js';
import type { KnownCaller } from '../../kernel/caller.js';
import type { Session as DomainSession } from '../../sessions/session.js';
import type { TrailEvent } from '../../audit/service.js';
import type { Context } from '../context.js';
export type Maybe<T> = T | null;
export type InputMaybe<T> = T | null | undefined;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** An RFC 3339 instant in UTC, for example `2030-01-01T08:30:00.000Z`. */
  DateTime: { input: Date; output: Date; }
  /** An e-mail address. Trimmed, lower-cased and normalised; at most 254 characters. */
  EmailAddress: { input: string; output: string; }
  /** Any JSON value. */
  JSON: { input: unknown; output: unknown; }
  _FieldSet: { input: string; output: string; }
};

/** How strongly a person has proven who they are (NIST SP 800-63B-4). */
export type Assurance =
  /** One factor, such as a password. */
  | 'AAL1'
  /** Two factors, or a passkey with user verification. */
  | 'AAL2';

/**
 * Something that happened and matters to security. Committed together with what it tells of, and never changed. It holds
 * ids and facts, no names and no addresses.
 */
export type AuditEvent = Node & {
  __typename?: 'AuditEvent';
  /** Who did it; `null` when the rules did, or when nobody was signed in. */
  actorId?: Maybe<Scalars['ID']['output']>;
  /** When it happened. */
  at: Scalars['DateTime']['output'];
  /** What else there is to know, by name. What it holds depends on the name of the event. */
  facts: Scalars['JSON']['output'];
  /** Opaque, `evt_…`. Later events have greater ids. */
  id: Scalars['ID']['output'];
  /** What happened, such as `session.started`, `user.suspended` or `password.changed`. New names may come with any version. */
  name: Scalars['String']['output'];
  outcome: AuditOutcome;
  /** To whom it was done. */
  subjectId?: Maybe<Scalars['ID']['output']>;
};

/** Newest first. */
export type AuditEventConnection = {
  __typename?: 'AuditEventConnection';
  edges: Array<AuditEventEdge>;
  pageInfo: PageInfo;
  /** Of all pages together. */
  totalCount: Scalars['Int']['output'];
};

export type AuditEventEdge = {
  __typename?: 'AuditEventEdge';
  cursor: Scalars['String']['output'];
  node: AuditEvent;
};

/** What is left out or `null` does not matter; the rest must all hold. */
export type AuditFilter = {
  /** Done by this one, `usr_…`. */
  actorId?: InputMaybe<Scalars['ID']['input']>;
  /** One of these names. BAD_USER_INPUT for one that no event can have. */
  names?: InputMaybe<Array<Scalars['String']['input']>>;
  /** At this time or later. */
  since?: InputMaybe<Scalars['DateTime']['input']>;
  /** Done to this one, `usr_…`. */
  subjectId?: InputMaybe<Scalars['ID']['input']>;
  /** Before this time. */
  until?: InputMaybe<Scalars['DateTime']['input']>;
};

/** Whether what an event tells of was done, or was tried and refused. */
export type AuditOutcome =
  | 'REFUSED'
  | 'SUCCESS';

/** Something that a person proves with. */
export type Authenticator = {
  __typename?: 'Authenticator';
  createdAt: Scalars['DateTime']['output'];
  /** Opaque, `aut_…`. */
  id: Scalars['ID']['output'];
  kind: FactorKind;
  /** `null` while unused, and for a password. */
  lastUsedAt?: Maybe<Scalars['DateTime']['output']>;
  /** What the person calls it; `null` where there is only one of its kind. */
  name?: Maybe<Scalars['String']['output']>;
  /**
   * Ten recovery codes, in the answer of `completePasskeyEnrolment` where the passkey is the first second factor: to be shown
   * this once. `null` everywhere else.
   */
  recoveryCodes?: Maybe<Array<Scalars['String']['output']>>;
  /** How many recovery codes are left; `null` for everything else. */
  remaining?: Maybe<Scalars['Int']['output']>;
};

/** Who can make a request. */
export type CallerKind =
  /** A person or a machine. */
  | 'ANY'
  /** An API key or an OAuth client. */
  | 'MACHINE'
  /** A person, signed in. */
  | 'PERSON';

export type ChangeEmailInput = {
  newEmail: Scalars['EmailAddress']['input'];
};

export type ChangePasswordInput = {
  currentPassword: Scalars['String']['input'];
  newPassword: Scalars['String']['input'];
};

/** An answer that authorization would give. */
export type Decision = {
  __typename?: 'Decision';
  allowed: Scalars['Boolean']['output'];
  /** Why not; `null` when it is allowed. */
  reason?: Maybe<DenialReason>;
};

export type DeleteAccountInput = {
  /** The address of your account, so that nobody deletes one by mistake. */
  confirmEmail: Scalars['EmailAddress']['input'];
};

/** Why something is not allowed. */
export type DenialReason =
  /** It is not, on anything. */
  | 'MISSING_PERMISSION'
  /** It is, on what is your own. Also the answer for what does not exist. */
  | 'NOT_OWNER'
  /** It is, after proving again who you are. */
  | 'STEP_UP';

/** What a session was opened with, in plain words. */
export type Device = {
  __typename?: 'Device';
  /** Whether the session is bound to a key of the device (RFC 9449). */
  bound: Scalars['Boolean']['output'];
  /** The network it was seen from: IPv4 /24 or IPv6 /48. Never a whole address. */
  ipPrefix?: Maybe<Scalars['String']['output']>;
  /** Whether the person had signed in with this device before. */
  known: Scalars['Boolean']['output'];
  /** For example `Firefox on Linux`. */
  name: Scalars['String']['output'];
};

export type EmailInput = {
  email: Scalars['EmailAddress']['input'];
};

/** The policy wants a second factor of this person, who has none yet. */
export type EnrolmentDue = {
  __typename?: 'EnrolmentDue';
  /** From then on what takes a permission is refused with STEP_UP_REQUIRED and `enrol: true`, except adding one, leaving, and what the policy spares. */
  dueAt: Scalars['DateTime']['output'];
  /** Any of these would do. */
  methods: Array<FactorKind>;
};

/** What a person can prove with that it is them. */
export type FactorKind =
  /** A key in a device or a manager of passwords (WebAuthn), which asks for a finger or a PIN. */
  | 'PASSKEY'
  | 'PASSWORD'
  /** One of ten codes to be kept on paper; each is good once. */
  | 'RECOVERY_CODE'
  /** A code of an authenticator app (RFC 6238). */
  | 'TOTP';

/** What the rules say about one field of an operation. */
export type FieldExplanation = {
  __typename?: 'FieldExplanation';
  /** The condition of the door; `null` below the root. */
  door?: Maybe<Scalars['String']['output']>;
  /** `Type.field`. */
  field: Scalars['String']['output'];
  /** Where in the operation, with a concrete type where there are several: `node<Note>.text`. */
  path: Scalars['String']['output'];
  /** The reason of the refusal, as far as it is known before there is an object. */
  reason?: Maybe<Scalars['String']['output']>;
  /** The directives that decide, each with where it is written. */
  rules: Array<Scalars['String']['output']>;
  /** `allow`, `own` (of one's own only), `where` (on a condition) or `deny`, perhaps followed by `, step-up`. */
  verdict: Scalars['String']['output'];
};

export type InviteUserInput = {
  email: Scalars['EmailAddress']['input'];
  /** The names of the policy; left out: `member`. */
  roles?: InputMaybe<Array<Scalars['String']['input']>>;
};

/** A browser or an app that you have signed in with before. Strangers who guess at your password do not slow it down. */
export type KnownDevice = {
  __typename?: 'KnownDevice';
  /** When you signed in with it first. */
  createdAt: Scalars['DateTime']['output'];
  /** Opaque, `dev_…`. */
  id: Scalars['ID']['output'];
  /** The network it was last seen from: IPv4 /24 or IPv6 /48. Never a whole address. */
  ipPrefix?: Maybe<Scalars['String']['output']>;
  /** When you signed in with it last. */
  lastUsedAt: Scalars['DateTime']['output'];
  /** For example `Firefox on Linux`. */
  name: Scalars['String']['output'];
};

export type Mutation = {
  __typename?: 'Mutation';
  /**
   * What the browser needs to make a passkey. At most twenty: CONFLICT with reason TOO_MANY_AUTHENTICATORS. STEP_UP_REQUIRED
   * when your proof is older than five minutes, or not by a second factor where you have one. Must be the only field of its
   * operation.
   */
  beginPasskeyEnrolment: PasskeyCreation;
  /**
   * What the browser needs to sign in with a passkey. Nobody says who it is: the passkey does. Must be the only field of its
   * operation.
   */
  beginPasskeySignIn: PasskeyRequest;
  /** Asks what you can prove again with, after STEP_UP_REQUIRED. */
  beginStepUp: StepUpChallenge;
  /**
   * Sets up an authenticator app: shows its secret, which is good for ten minutes and for this session, until
   * `confirmTotpEnrolment`. At most five apps: CONFLICT with reason TOO_MANY_AUTHENTICATORS. STEP_UP_REQUIRED when your proof
   * is older than five minutes, or not by a second factor where you have one. Must be the only field of its operation.
   */
  beginTotpEnrolment: TotpEnrolment;
  /**
   * Sends a link to the new address, good for an hour; the present one is told. Always `true`, whether the new address is
   * known or not. STEP_UP_REQUIRED when your proof is older than five minutes.
   */
  changeEmail: Scalars['Boolean']['output'];
  /**
   * Changes your password and ends all your other sessions; this one goes on. UNAUTHENTICATED with reason
   * CREDENTIALS_REJECTED when the current password is wrong. Must be the only field of its operation.
   */
  changePassword: Scalars['Boolean']['output'];
  /**
   * Adds the passkey. All other sessions end; from then on it signs in alone (`beginPasskeySignIn`), and signing in with the
   * password asks for a second factor. Where it is the first one the answer has ten recovery codes.
   * UNAUTHENTICATED with reason PASSKEY_REJECTED for what was not made for this challenge, on a page of `ALLOWED_ORIGINS`, by
   * somebody who was verified, or is a passkey here already; with ONE_TIME_TOKEN_REJECTED for a challenge of another session,
   * or one that was used. Must be the only field of its operation.
   */
  completePasskeyEnrolment: Authenticator;
  /**
   * Signs in with a passkey alone: it is something that you have, and it has asked for a finger or a PIN, so that no second
   * factor is asked for. UNAUTHENTICATED with reason PASSKEY_REJECTED, whatever it is that is wrong with it; with
   * ONE_TIME_TOKEN_REJECTED when the challenge is not valid any more. Must be the only field of its operation.
   */
  completePasskeySignIn: SignedIn;
  /**
   * The second half of a sign-in. UNAUTHENTICATED with reason FACTOR_REJECTED for a wrong code, which leaves the challenge
   * good (PASSKEY_REJECTED for a passkey); with ONE_TIME_TOKEN_REJECTED when it is not valid any more: then sign in again. RATE_LIMITED after five wrong ones
   * in a row, whatever they were codes of. Must be the only field of its operation.
   */
  completeSecondFactor: SignedIn;
  /**
   * Proves again that it is you, by one of the `methods`: the answer has an access token of this session that says so, and no
   * refresh token. Other tokens of the session stay as they are. UNAUTHENTICATED with reason FACTOR_REJECTED, PASSKEY_REJECTED
   * or CREDENTIALS_REJECTED for a wrong proof, with ONE_TIME_TOKEN_REJECTED for a challenge of another session, or one that was
   * used. Must be the only field of its operation.
   */
  completeStepUp: SignedIn;
  /**
   * Proves the new address by the token of the mail that went there. From then on you sign in with it; the session that
   * asked goes on, all others end. UNAUTHENTICATED with reason ONE_TIME_TOKEN_REJECTED when the link is not valid any
   * more. Must be the only field of its operation.
   */
  confirmEmailChange: Scalars['Boolean']['output'];
  /**
   * Adds the app by a code of it. All other sessions end, and from then on signing in asks for a second factor. The answer
   * has ten new recovery codes; those from before are void. UNAUTHENTICATED with reason FACTOR_REJECTED for a wrong code;
   * CONFLICT with reason NOTHING_TO_CONFIRM when this session has set up none. Must be the only field of its operation.
   */
  confirmTotpEnrolment: RecoveryCodes;
  /**
   * Deletes your account: you, your address, your password, your sessions. What stays is the audit trail, which knows ids
   * and no names. The address is told, and can sign up again. STEP_UP_REQUIRED when your proof is older than five minutes;
   * BAD_USER_INPUT for another address; CONFLICT with reason LAST_ADMINISTRATOR when nobody would be left who can assign
   * roles. Must be the only field of its operation.
   */
  deleteAccount: Scalars['Boolean']['output'];
  /**
   * Says by the token of the mail about a new sign-in or a new factor that it was somebody else: all sessions end, what was
   * added since that sign-in is removed, the password stops working, and a link for a new one is sent. UNAUTHENTICATED with
   * reason ONE_TIME_TOKEN_REJECTED when the link is not valid any more, CONFLICT with reason CHANGED_MEANWHILE when something
   * changed at the same moment: ask again. Must be the only field of its operation.
   */
  disownSession: Scalars['Boolean']['output'];
  /**
   * Everything personal that is kept about you: `profile`, `passwordChangedAt`, `devices`, `sessions` (ended ones too while they are
   * kept), `auditEvents` (the newest 10,000; `truncated` says whether there are more) and `pendingLinks`. No secrets.
   * STEP_UP_REQUIRED when your proof is older than five minutes. Must be the only field of its operation.
   */
  exportMyData: Scalars['JSON']['output'];
  /**
   * Forgets a device of yours: its next sign-in is one from a new device. Its sessions go on; `revokeSession` ends them.
   * NOT_FOUND when you have no such device.
   */
  forgetDevice: Scalars['Boolean']['output'];
  /**
   * Sends a link to an account with these roles: at most five mails an hour to one address. Always `true`, whether the
   * address is known or not. STEP_UP_REQUIRED when your proof is older than five minutes. BAD_USER_INPUT for an unknown role,
   * and for giving more than you may do yourself. The link is void once you could not do this any more.
   */
  inviteUser: Scalars['Boolean']['output'];
  /**
   * Trades the refresh token (or the cookie) for a new access token and, at most every 15 seconds, a new refresh token.
   * UNAUTHENTICATED with reason REFRESH_REJECTED when the session is over; then sign in again. Presenting a spent token
   * long after its successor was used ends the session.
   */
  refreshSession: SignedIn;
  /**
   * Ten new recovery codes; those from before are void, and all other sessions end. CONFLICT with reason NO_SECOND_FACTOR
   * while there is no authenticator app and no passkey. Must be the only field of its operation.
   */
  regenerateRecoveryCodes: RecoveryCodes;
  /** Lets a suspended user sign in again. The sessions from before stay ended. */
  reinstateUser: User;
  /**
   * Removes an authenticator app or a passkey of yours; with the last of both the recovery codes go, too, and signing in asks for the password
   * alone. All other sessions end. NOT_FOUND when you have no such. CONFLICT with reason LAST_AUTHENTICATOR where you must have
   * a second factor, with NO_PASSWORD where you have no password (requestPasswordReset), with PASSWORD_TOO_SHORT_ALONE where
   * yours is long enough only beside one.
   */
  removeAuthenticator: Scalars['Boolean']['output'];
  /** Renames an authenticator app or a passkey of yours: 1 to 100 characters. NOT_FOUND when you have no such. */
  renameAuthenticator: Authenticator;
  /**
   * Sends a link for a new password, if the address has an account: at most five mails an hour to one address. Always
   * `true`, whether it is known or not. Must be the only field of its operation.
   */
  requestPasswordReset: Scalars['Boolean']['output'];
  /**
   * Sends the mail of `signUp` again where there is something to prove: at most five mails an hour to one address. Always
   * `true`, whether the address is known or not. Must be the only field of its operation.
   */
  resendVerification: Scalars['Boolean']['output'];
  /**
   * Sets a new password by the token of the mail and ends all your sessions. It signs nobody in: go on with `signIn`.
   * UNAUTHENTICATED with reason ONE_TIME_TOKEN_REJECTED when the link is not valid any more. Must be the only field of its
   * operation.
   */
  resetPassword: Scalars['Boolean']['output'];
  /**
   * Removes all second factors of somebody who has lost them, forgets their devices, and ends all their sessions. The person
   * is told by mail.
   * STEP_UP_REQUIRED when your proof is older than five minutes. BAD_USER_INPUT for yourself and for somebody who may do more
   * than you. Make sure that it is this person who asks: afterwards the password is enough. One that was long enough only
   * beside a second factor is none any more: this person asks for a new one by mail.
   */
  resetUserAuthenticators: Scalars['Boolean']['output'];
  /** Ends one session: your own, or anybody's when you hold `session:revoke`. NOT_FOUND otherwise. */
  revokeSession: Session;
  /**
   * Ends all sessions of one user: your own (this one, too), or anybody's when you hold `session:revoke`. A sign-in that is
   * under way does not survive it either. Returns how many ended. NOT_FOUND when there is no such user, or none you may.
   */
  revokeUserSessions: Scalars['Int']['output'];
  /**
   * Gives a user exactly these attributes, which conditions of the policy may ask for: an object of at most 50 names like
   * `department`, each a text of at most 256 characters, a number, true or false, or a list of at most 50 texts; 8 KB in
   * all. BAD_USER_INPUT also for another type than the policy declares, where it would take more than you may do, and where
   * you must have a second factor and would have more time for it.
   */
  setUserAttributes: User;
  /**
   * Gives a user exactly these roles, at most 20. What the user may do changes at once, everywhere; sessions go on.
   * STEP_UP_REQUIRED when your proof is older than five minutes. BAD_USER_INPUT for an unknown role, for giving or
   * taking more than you may do yourself, and where you must have a second factor and would have more time for it. CONFLICT with reason LAST_ADMINISTRATOR when nobody would be left who can do this.
   */
  setUserRoles: User;
  /**
   * Signs in with address and password. UNAUTHENTICATED with reason CREDENTIALS_REJECTED, whatever of the two is wrong;
   * RATE_LIMITED after five failures in a row, which are counted apart for each known device (`deviceToken`) and for all
   * others together. `SecondFactorRequired` when you have a second factor: go on with
   * `completeSecondFactor`. Must be the only field of its operation.
   */
  signIn: SignInResult;
  /** Ends the session of the bearer token, of the cookies, or of the given refresh token, whichever is presented. */
  signOut: Scalars['Boolean']['output'];
  /** Ends your other sessions, and with `includeCurrent` this one. Returns how many ended. */
  signOutEverywhere: Scalars['Int']['output'];
  /**
   * Asks for an account. While sign-up is `VERIFIED` a mail is sent and nobody is signed in yet; go on with `verifyEmail`.
   * While it is `OPEN` the account is made and signed in, and CONFLICT says that the address has one already. With an
   * `invitation` the account is made and signed in whatever the mode is, and the address counts as proven; UNAUTHENTICATED
   * with reason ONE_TIME_TOKEN_REJECTED when the link is not valid any more, for another address, or when whoever invited
   * you could not do so any more. Must be the only field of its operation.
   */
  signUp: SignUpResult;
  /**
   * Keeps a user out: no more sign-in, and all sessions end at once. Not for yourself, nor for somebody who may do more
   * than you (BAD_USER_INPUT), nor for the last user who can assign roles (CONFLICT with reason LAST_ADMINISTRATOR).
   */
  suspendUser: User;
  /** Changes how you are shown. Returns you as you are afterwards. */
  updateProfile: User;
  /**
   * Proves your address with the token of the mail and your password, and signs you in. UNAUTHENTICATED with reason
   * ONE_TIME_TOKEN_REJECTED when the link is not valid any more, with CREDENTIALS_REJECTED when it is not the password
   * that was chosen; then the link stays valid; with SECOND_FACTOR_MISSING when you have a second factor: the address is
   * proven, sign in to go on. Must be the only field of its operation.
   */
  verifyEmail: SignedIn;
};


export type MutationChangeEmailArgs = {
  input: ChangeEmailInput;
};


export type MutationChangePasswordArgs = {
  input: ChangePasswordInput;
};


export type MutationCompletePasskeyEnrolmentArgs = {
  input: PasskeyEnrolmentInput;
};


export type MutationCompletePasskeySignInArgs = {
  input: PasskeySignInInput;
};


export type MutationCompleteSecondFactorArgs = {
  input: SecondFactorInput;
};


export type MutationCompleteStepUpArgs = {
  input: StepUpInput;
};


export type MutationConfirmEmailChangeArgs = {
  input: TokenInput;
};


export type MutationConfirmTotpEnrolmentArgs = {
  input: TotpCodeInput;
};


export type MutationDeleteAccountArgs = {
  input: DeleteAccountInput;
};


export type MutationDisownSessionArgs = {
  input: TokenInput;
};


export type MutationForgetDeviceArgs = {
  id: Scalars['ID']['input'];
};


export type MutationInviteUserArgs = {
  input: InviteUserInput;
};


export type MutationRefreshSessionArgs = {
  input?: InputMaybe<RefreshInput>;
};


export type MutationReinstateUserArgs = {
  id: Scalars['ID']['input'];
};


export type MutationRemoveAuthenticatorArgs = {
  id: Scalars['ID']['input'];
};


export type MutationRenameAuthenticatorArgs = {
  id: Scalars['ID']['input'];
  name: Scalars['String']['input'];
};


export type MutationRequestPasswordResetArgs = {
  input: EmailInput;
};


export type MutationResendVerificationArgs = {
  input: EmailInput;
};


export type MutationResetPasswordArgs = {
  input: ResetPasswordInput;
};


export type MutationResetUserAuthenticatorsArgs = {
  id: Scalars['ID']['input'];
};


export type MutationRevokeSessionArgs = {
  id: Scalars['ID']['input'];
};


export type MutationRevokeUserSessionsArgs = {
  id: Scalars['ID']['input'];
};


export type MutationSetUserAttributesArgs = {
  attributes: Scalars['JSON']['input'];
  id: Scalars['ID']['input'];
};


export type MutationSetUserRolesArgs = {
  id: Scalars['ID']['input'];
  roles: Array<Scalars['String']['input']>;
};


export type MutationSignInArgs = {
  input: SignInInput;
};


export type MutationSignOutArgs = {
  input?: InputMaybe<RefreshInput>;
};


export type MutationSignOutEverywhereArgs = {
  input?: InputMaybe<SignOutEverywhereInput>;
};


export type MutationSignUpArgs = {
  input: SignUpInput;
};


export type MutationSuspendUserArgs = {
  id: Scalars['ID']['input'];
  reason?: InputMaybe<Scalars['String']['input']>;
};


export type MutationUpdateProfileArgs = {
  input: UpdateProfileInput;
};


export type MutationVerifyEmailArgs = {
  input: VerifyEmailInput;
};

/** Something with an opaque, prefixed id (`usr_…`, `ses_…`). Ids say nothing and cannot be guessed. */
export type Node = {
  id: Scalars['ID']['output'];
};

/** Where a page starts and ends (Relay Cursor Connections). */
export type PageInfo = {
  __typename?: 'PageInfo';
  endCursor?: Maybe<Scalars['String']['output']>;
  hasNextPage: Scalars['Boolean']['output'];
  hasPreviousPage: Scalars['Boolean']['output'];
  startCursor?: Maybe<Scalars['String']['output']>;
};

/** Go on with `navigator.credentials.create` and `completePasskeyEnrolment`. */
export type PasskeyCreation = {
  __typename?: 'PasskeyCreation';
  /** For this session, once, for five minutes. */
  challenge: Scalars['String']['output'];
  expiresAt: Scalars['DateTime']['output'];
  /** For the browser, as it is: `PublicKeyCredential.parseCreationOptionsFromJSON(options)`. */
  options: Scalars['JSON']['output'];
};

export type PasskeyEnrolmentInput = {
  /** Of `beginPasskeyEnrolment`. */
  challenge: Scalars['String']['input'];
  /** What the browser has made: `credential.toJSON()`. */
  credential: Scalars['JSON']['input'];
  /** 1 to 100 characters; `Passkey` unless you say so. */
  name?: InputMaybe<Scalars['String']['input']>;
};

/** Go on with `navigator.credentials.get` and `completePasskeySignIn`. */
export type PasskeyRequest = {
  __typename?: 'PasskeyRequest';
  /** Once, for five minutes. */
  challenge: Scalars['String']['output'];
  expiresAt: Scalars['DateTime']['output'];
  /** For the browser, as it is: `PublicKeyCredential.parseRequestOptionsFromJSON(options)`. The same for everybody. */
  options: Scalars['JSON']['output'];
};

/** Where passkeys work. */
export type PasskeyRules = {
  __typename?: 'PasskeyRules';
  /** The domain that they are made for (`rpId`): pages of it, and of those below it. */
  id: Scalars['String']['output'];
  /** The pages that may use them, as origins. */
  origins: Array<Scalars['String']['output']>;
};

export type PasskeySignInInput = {
  /** Of `beginPasskeySignIn`. */
  challenge: Scalars['String']['input'];
  /** What the browser has answered with: `credential.toJSON()`. */
  credential: Scalars['JSON']['input'];
  delivery?: InputMaybe<TokenDelivery>;
  /** The `deviceToken` of an earlier sign-in of yours on this device, where it keeps no cookies. */
  deviceToken?: InputMaybe<Scalars['String']['input']>;
};

/** The rules for new passwords. There are no composition rules (NIST SP 800-63B-4 §3.1.1.2). */
export type PasswordRules = {
  __typename?: 'PasswordRules';
  /** Whether passwords that are in a list of stolen ones are refused. */
  breachedRefused: Scalars['Boolean']['output'];
  /** The least score of zxcvbn, 0 to 4. A form can judge by the same library; the name, the address and this service count as known words. */
  guessabilityScore: Scalars['Int']['output'];
  /** In characters (Unicode code points). */
  maxLength: Scalars['Int']['output'];
  /** In characters (Unicode code points). */
  minLength: Scalars['Int']['output'];
  /** The same, for whoever has a second factor (`changePassword`, `resetPassword`). */
  minLengthWithSecondFactor: Scalars['Int']['output'];
};

export type Query = {
  __typename?: 'Query';
  /** What you did and what was done to you, newest first. With `audit:read` everything that anybody did. */
  auditEvents?: Maybe<AuditEventConnection>;
  /**
   * Field by field, what the rules say to somebody who holds just this role, and why. Nothing is executed. Needs
   * `policy:read`.
   */
  explainPolicy?: Maybe<Array<FieldExplanation>>;
  /** The person who asks. UNAUTHENTICATED when nobody is signed in. */
  me?: Maybe<User>;
  /** One session: your own, or anybody's when you hold `session:read`. NOT_FOUND when there is none, or none you may see. */
  session?: Maybe<Session>;
  /** What a sign-in page needs to know. */
  signInOptions: SignInOptions;
  /** One user: yourself, or anybody when you hold `user:read`. NOT_FOUND when there is none, or none you may see. */
  user?: Maybe<User>;
  /** The users that you may read, newest first. FORBIDDEN when `user:read` lets you read only yourself. */
  users?: Maybe<UserConnection>;
  /** Who makes this request; `null` when nobody is signed in. */
  viewer?: Maybe<Viewer>;
};


export type QueryAuditEventsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<AuditFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


export type QueryExplainPolicyArgs = {
  operation: Scalars['String']['input'];
  role?: InputMaybe<Scalars['String']['input']>;
};


export type QuerySessionArgs = {
  id: Scalars['ID']['input'];
};


export type QueryUserArgs = {
  id: Scalars['ID']['input'];
};


export type QueryUsersArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<UserFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
};

/** Shown this once. Whoever has lost every other factor gets in with one of them. */
export type RecoveryCodes = {
  __typename?: 'RecoveryCodes';
  codes: Array<Scalars['String']['output']>;
};

/** Left out altogether, the session's cookies are used. A refresh token is spent by its use: keep the one you get back. */
export type RefreshInput = {
  refreshToken?: InputMaybe<Scalars['String']['input']>;
};

export type ResetPasswordInput = {
  newPassword: Scalars['String']['input'];
  /** What follows `token=` in the link of the mail. Good for 30 minutes, once. */
  token: Scalars['String']['input'];
};

/** Exactly one proof beside the challenge. */
export type SecondFactorInput = {
  /** Of `SecondFactorRequired`. */
  challenge: Scalars['String']['input'];
  delivery?: InputMaybe<TokenDelivery>;
  /** The `deviceToken` of an earlier sign-in of yours on this device, where it keeps no cookies. */
  deviceToken?: InputMaybe<Scalars['String']['input']>;
  /** What the browser has answered with: `credential.toJSON()`. */
  passkey?: InputMaybe<Scalars['JSON']['input']>;
  recoveryCode?: InputMaybe<Scalars['String']['input']>;
  totp?: InputMaybe<Scalars['String']['input']>;
};

/**
 * The password was right, and a second factor is asked for. Nobody is signed in yet: the challenge is good for
 * `completeSecondFactor`, and for nothing else.
 */
export type SecondFactorRequired = {
  __typename?: 'SecondFactorRequired';
  /** Once, for five minutes. */
  challenge: Scalars['String']['output'];
  expiresAt: Scalars['DateTime']['output'];
  /** With any of these. */
  methods: Array<FactorKind>;
  /** For `navigator.credentials.get`, as it is; `null` without a passkey. */
  passkey?: Maybe<Scalars['JSON']['output']>;
};

/** One sign-in on one device. */
export type Session = Node & {
  __typename?: 'Session';
  /** How strongly the person was proven at sign-in. */
  assurance: Assurance;
  /** When the person was proven. */
  authenticatedAt: Scalars['DateTime']['output'];
  /** When the person signed in. */
  createdAt: Scalars['DateTime']['output'];
  /** Whether this request was made with it. */
  current: Scalars['Boolean']['output'];
  /** What the person signed in with. */
  device: Device;
  /** Why it ended; `null` while it lives. */
  endReason?: Maybe<SessionEndReason>;
  /** When it ended; `null` while it lives. */
  endedAt?: Maybe<Scalars['DateTime']['output']>;
  /** When it ends unless it is used before, or when it has reached its greatest age. */
  expiresAt: Scalars['DateTime']['output'];
  /** Opaque, `ses_…`. */
  id: Scalars['ID']['output'];
  /** When a refresh token was last renewed, which a client in use does about once in the life of an access token. */
  lastSeenAt: Scalars['DateTime']['output'];
};

/** Newest first. */
export type SessionConnection = {
  __typename?: 'SessionConnection';
  edges: Array<SessionEdge>;
  pageInfo: PageInfo;
  /** Of all pages together. */
  totalCount: Scalars['Int']['output'];
};

export type SessionEdge = {
  __typename?: 'SessionEdge';
  cursor: Scalars['String']['output'];
  node: Session;
};

/** Why a session is over. */
export type SessionEndReason =
  /** As old as a session may become. */
  | 'ABSOLUTE'
  /** The account was deleted. */
  | 'ACCOUNT_DELETED'
  /** The last refresh token was presented again long after its answer was sent: most likely the answer was lost. */
  | 'ANSWER_LOST'
  /** The person has said that a sign-in was somebody else's. */
  | 'DISOWNED'
  /** The account has got another address. */
  | 'EMAIL_CHANGED'
  /** A second factor was added, removed or reset. */
  | 'FACTORS_CHANGED'
  /** Not used for longer than the idle limit. */
  | 'IDLE'
  /** The password was changed on another device. */
  | 'PASSWORD_CHANGED'
  /** A hundred wrong passwords were given in it. */
  | 'PASSWORD_GUESSED'
  /** The password was set anew by a link in a mail. */
  | 'PASSWORD_RESET'
  /** A refresh token was presented twice, which a thief and the owner do together (RFC 9700 §4.14.2). */
  | 'REFRESH_REUSED'
  /** The person, or somebody with `session:revoke`, ended it. */
  | 'REVOKED'
  /** Something about the account changed that ends sessions. */
  | 'SECURITY_CHANGED'
  /** The person signed out on that device. */
  | 'SIGNED_OUT'
  /** The person signed out on every device. */
  | 'SIGNED_OUT_EVERYWHERE'
  /** The account was suspended. */
  | 'SUSPENDED';

export type SignInInput = {
  delivery?: InputMaybe<TokenDelivery>;
  /** The `deviceToken` of an earlier sign-in of yours on this device, where it keeps no cookies. */
  deviceToken?: InputMaybe<Scalars['String']['input']>;
  email: Scalars['EmailAddress']['input'];
  password: Scalars['String']['input'];
};

/** What a sign-in page needs to know before anybody is signed in. */
export type SignInOptions = {
  __typename?: 'SignInOptions';
  passkeys: PasskeyRules;
  password: PasswordRules;
  signUp: SignUpMode;
};

export type SignInResult = SecondFactorRequired | SignedIn;

export type SignOutEverywhereInput = {
  /** Whether the session that asks ends too. */
  includeCurrent?: InputMaybe<Scalars['Boolean']['input']>;
};

export type SignUpInput = {
  delivery?: InputMaybe<TokenDelivery>;
  /** 1 to 100 characters. */
  displayName?: InputMaybe<Scalars['String']['input']>;
  email: Scalars['EmailAddress']['input'];
  /** What follows `token=` in the link of an invitation. Good for 7 days, once, for the address that it was sent to. */
  invitation?: InputMaybe<Scalars['String']['input']>;
  /** See `signInOptions { password { minLength maxLength } }`. Any character counts, spaces too. */
  password: Scalars['String']['input'];
};

/** Who may make an account. */
export type SignUpMode =
  /** Nobody but those who are invited. */
  | 'CLOSED'
  /** Anybody, without proving the address. */
  | 'OPEN'
  /** Anybody who proves that the address is theirs: `signUp` sends a mail, `verifyEmail` makes the account. */
  | 'VERIFIED';

/** `SignedIn` while sign-up is `OPEN` or with an invitation, `VerificationSent` while it is `VERIFIED`. */
export type SignUpResult = SignedIn | VerificationSent;

/** Somebody is signed in: for the rest of the operation that person is the caller. */
export type SignedIn = {
  __typename?: 'SignedIn';
  /**
   * What this device is known by from now on: keep it, and send it with your next sign-in. `null` when the one that you have
   * sent is good, and when it went into a cookie.
   */
  deviceToken?: Maybe<Scalars['String']['output']>;
  /** The second factor that you must add; `null` when nothing is missing. */
  enrol?: Maybe<EnrolmentDue>;
  session: Session;
  /** `null` when the tokens went into cookies. */
  tokens?: Maybe<Tokens>;
  user: User;
};

/** Go on with `completeStepUp`. */
export type StepUpChallenge = {
  __typename?: 'StepUpChallenge';
  /** For this session, once, for five minutes. */
  challenge: Scalars['String']['output'];
  expiresAt: Scalars['DateTime']['output'];
  /**
   * With any of these. Who has no second factor proves by the password, also after a STEP_UP_REQUIRED with `enrol: true`: not to do
   * what was refused, but to add the factor that it takes.
   */
  methods: Array<FactorKind>;
  /** For `navigator.credentials.get`, as it is; `null` without a passkey. */
  passkey?: Maybe<Scalars['JSON']['output']>;
};

/** Exactly one proof beside the challenge. */
export type StepUpInput = {
  challenge: Scalars['String']['input'];
  /** What the browser has answered with: `credential.toJSON()`. */
  passkey?: InputMaybe<Scalars['JSON']['input']>;
  /** Only while there is no second factor. */
  password?: InputMaybe<Scalars['String']['input']>;
  recoveryCode?: InputMaybe<Scalars['String']['input']>;
  totp?: InputMaybe<Scalars['String']['input']>;
};

/** That somebody was kept out. */
export type Suspension = {
  __typename?: 'Suspension';
  at: Scalars['DateTime']['output'];
  /** In the words of whoever did it; the user does not see them. */
  reason?: Maybe<Scalars['String']['output']>;
};

/** How the tokens reach the client. Fixed for the whole session. */
export type TokenDelivery =
  /** In the answer, to be sent as `Authorization: Bearer`. For native and server clients. */
  | 'BODY'
  /** As `__Host-` cookies that scripts cannot read. For browsers; needs an allowed `Origin` and the `x-portcullis-csrf` header. */
  | 'COOKIE';

export type TokenInput = {
  /** What follows `token=` in the link of the mail. */
  token: Scalars['String']['input'];
};

export type Tokens = {
  __typename?: 'Tokens';
  /** A signed JWT (RFC 9068). Send it as `Authorization: Bearer …`. */
  accessToken: Scalars['String']['output'];
  /** Seconds until the access token expires. */
  expiresIn: Scalars['Int']['output'];
  /** Opaque; good for `refreshSession`, and nothing else. `null` where a new access token was all that was given. */
  refreshToken?: Maybe<Scalars['String']['output']>;
  /** Always `Bearer` (RFC 6750). */
  tokenType: Scalars['String']['output'];
};

export type TotpCodeInput = {
  /** Six digits, as the app shows them. */
  code: Scalars['String']['input'];
};

/** An authenticator app is set up. It counts once `confirmTotpEnrolment` has seen a code of it. */
export type TotpEnrolment = {
  __typename?: 'TotpEnrolment';
  /** The same as an image: a `data:` URI of a PNG. */
  qr: Scalars['String']['output'];
  /** Base32, to be typed where nothing can be scanned. */
  secret: Scalars['String']['output'];
  /** `otpauth://totp/…` */
  uri: Scalars['String']['output'];
};

export type UpdateProfileInput = {
  /** 1 to 100 characters; `null` removes it, leaving it out keeps it. */
  displayName?: InputMaybe<Scalars['String']['input']>;
};

/**
 * A person with an account. Every field but `id` is for the person and for callers that hold `user:read`; to anybody else
 * it is `null` with a FORBIDDEN error.
 */
export type User = Node & {
  __typename?: 'User';
  /** Facts about the person that conditions of the policy may ask for. */
  attributes?: Maybe<Scalars['JSON']['output']>;
  /** The password, authenticator apps, passkeys and recovery codes of this person. */
  authenticators?: Maybe<Array<Authenticator>>;
  /** When the account was made. */
  createdAt?: Maybe<Scalars['DateTime']['output']>;
  /** The devices that this person is known by, at most 20; the one that was used last comes first. */
  devices?: Maybe<Array<KnownDevice>>;
  /** How the person wants to be called. */
  displayName?: Maybe<Scalars['String']['output']>;
  /** The address the person signs in with. */
  email?: Maybe<Scalars['EmailAddress']['output']>;
  /** Whether the person has proven that the address is theirs. */
  emailVerified?: Maybe<Scalars['Boolean']['output']>;
  /** Opaque, for example `usr_…`. */
  id: Scalars['ID']['output'];
  /** Named sets of permissions. */
  roles?: Maybe<Array<Scalars['String']['output']>>;
  /** The sessions of this person that have not ended, newest first. */
  sessions?: Maybe<SessionConnection>;
  /** Suspended users cannot sign in, and all their sessions have ended. */
  status?: Maybe<UserStatus>;
  /** Since when and why the user is suspended; `null` while the user is not. For holders of `user:read` only. */
  suspension?: Maybe<Suspension>;
};


/**
 * A person with an account. Every field but `id` is for the person and for callers that hold `user:read`; to anybody else
 * it is `null` with a FORBIDDEN error.
 */
export type UserSessionsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};

/** Newest first. */
export type UserConnection = {
  __typename?: 'UserConnection';
  edges: Array<UserEdge>;
  pageInfo: PageInfo;
  /** Of all pages together. */
  totalCount: Scalars['Int']['output'];
};

export type UserEdge = {
  __typename?: 'UserEdge';
  cursor: Scalars['String']['output'];
  node: User;
};

/** What is left out or `null` does not matter; the rest must all hold. */
export type UserFilter = {
  /** At this time or later. */
  createdAfter?: InputMaybe<Scalars['DateTime']['input']>;
  /** Before this time. */
  createdBefore?: InputMaybe<Scalars['DateTime']['input']>;
  /** The whole address, in any spelling. */
  email?: InputMaybe<Scalars['EmailAddress']['input']>;
  /** Has this role. */
  role?: InputMaybe<Scalars['String']['input']>;
  status?: InputMaybe<UserStatus>;
};

/** Whether a user can sign in. */
export type UserStatus =
  | 'ACTIVE'
  | 'SUSPENDED';

/** A mail is on its way. The same for new and for known addresses: which it is, the mail says. */
export type VerificationSent = {
  __typename?: 'VerificationSent';
  /** Where it went. */
  email: Scalars['EmailAddress']['output'];
};

export type VerifyEmailInput = {
  delivery?: InputMaybe<TokenDelivery>;
  /** The `deviceToken` of an earlier sign-in of yours on this device, where it keeps no cookies. */
  deviceToken?: InputMaybe<Scalars['String']['input']>;
  /** The one that was chosen at `signUp`. */
  password: Scalars['String']['input'];
  /** What follows `token=` in the link of the mail. Good for 24 hours, once. */
  token: Scalars['String']['input'];
};

/** Who makes this request, and what it may do. */
export type Viewer = {
  __typename?: 'Viewer';
  /**
   * The same as packed CASL rules, for `createMongoAbility(unpackRules(abilities))` in a front end. One's own users are
   * told by their `id`, other things by their `userId`. Always ask about an object: without one, CASL says yes to what is
   * allowed on one's own only. What depends on more than the owner is not in them, and neither is
   * what it takes besides: a fresh proof, or a second factor that is due. Ask `can`.
   */
  abilities: Scalars['JSON']['output'];
  /**
   * Would an operation that needs this permission be refused? For showing and hiding; the operation decides again.
   * BAD_USER_INPUT for a permission that does not exist.
   */
  can: Decision;
  /** The second factor that you must add; `null` when nothing is missing, and for a machine. */
  enrol?: Maybe<EnrolmentDue>;
  kind: ViewerKind;
  /**
   * What the viewer holds, sorted: `session:read` on everything, `session:read@own` on what is its own, `user:read@where`
   * on what meets a condition of the policy. To use it may take a proof first: `can` says so.
   */
  permissions: Array<Scalars['String']['output']>;
  /** The session of the presented token; `null` for a machine. */
  session?: Maybe<Session>;
  /** The person; `null` for a machine. */
  user?: Maybe<User>;
};


/** Who makes this request, and what it may do. */
export type ViewerCanArgs = {
  id?: InputMaybe<Scalars['ID']['input']>;
  permission: Scalars['String']['input'];
};

/** What makes a request. */
export type ViewerKind =
  /** An API key or an OAuth client. */
  | 'MACHINE'
  /** A person, signed in. */
  | 'PERSON';



export type ResolverTypeWrapper<T> = Promise<T> | T;

export type ReferenceResolver<TResult, TReference, TContext> = (
      reference: TReference,
      context: TContext,
      info: GraphQLResolveInfo
    ) => Promise<TResult> | TResult;

      type ScalarCheck<T, S> = S extends true ? T : NullableCheck<T, S>;
      type NullableCheck<T, S> = Maybe<T> extends T ? Maybe<ListCheck<NonNullable<T>, S>> : ListCheck<T, S>;
      type ListCheck<T, S> = T extends (infer U)[] ? NullableCheck<U, S>[] : GraphQLRecursivePick<T, S>;
      export type GraphQLRecursivePick<T, S> = { [K in keyof T & keyof S]: ScalarCheck<T[K], S[K]> };
    

export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

/** Mapping of federation types */
export type FederationTypes = {
  User: User;
};

/** Mapping of federation reference types */
export type FederationReferenceTypes = {
  User:
    ( { __typename: 'User' }
    & GraphQLRecursivePick<FederationTypes['User'], {"id":true}> );
};

/** Mapping of union types */
export type ResolversUnionTypes<_RefType extends Record<string, unknown>> = {
  SignInResult:
    | ( SecondFactorRequired )
    | ( Omit<SignedIn, 'enrol' | 'session' | 'user'> & { enrol?: Maybe<_RefType['EnrolmentDue']>, session: _RefType['Session'], user: _RefType['User'] } )
  ;
  SignUpResult:
    | ( Omit<SignedIn, 'enrol' | 'session' | 'user'> & { enrol?: Maybe<_RefType['EnrolmentDue']>, session: _RefType['Session'], user: _RefType['User'] } )
    | ( VerificationSent )
  ;
};

/** Mapping of interface types */
export type ResolversInterfaceTypes<_RefType extends Record<string, unknown>> = {
  Node:
    | ( TrailEvent )
    | ( DomainSession )
    | ( Subject )
  ;
};

/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  Assurance: Assurance;
  AuditEvent: ResolverTypeWrapper<TrailEvent>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  AuditEventConnection: ResolverTypeWrapper<Omit<AuditEventConnection, 'edges'> & { edges: Array<ResolversTypes['AuditEventEdge']> }>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  AuditEventEdge: ResolverTypeWrapper<Omit<AuditEventEdge, 'node'> & { node: ResolversTypes['AuditEvent'] }>;
  AuditFilter: AuditFilter;
  AuditOutcome: AuditOutcome;
  Authenticator: ResolverTypeWrapper<DomainAuthenticator>;
  CallerKind: CallerKind;
  ChangeEmailInput: ChangeEmailInput;
  ChangePasswordInput: ChangePasswordInput;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  Decision: ResolverTypeWrapper<Decision>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  DeleteAccountInput: DeleteAccountInput;
  DenialReason: DenialReason;
  Device: ResolverTypeWrapper<Device>;
  EmailAddress: ResolverTypeWrapper<Scalars['EmailAddress']['output']>;
  EmailInput: EmailInput;
  EnrolmentDue: ResolverTypeWrapper<DomainEnrolmentDue>;
  FactorKind: FactorKind;
  FieldExplanation: ResolverTypeWrapper<DomainFieldExplanation>;
  InviteUserInput: InviteUserInput;
  JSON: ResolverTypeWrapper<Scalars['JSON']['output']>;
  KnownDevice: ResolverTypeWrapper<DomainKnownDevice>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Node: ResolverTypeWrapper<ResolversInterfaceTypes<ResolversTypes>['Node']>;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  PasskeyCreation: ResolverTypeWrapper<PasskeyCreation>;
  PasskeyEnrolmentInput: PasskeyEnrolmentInput;
  PasskeyRequest: ResolverTypeWrapper<PasskeyRequest>;
  PasskeyRules: ResolverTypeWrapper<PasskeyRules>;
  PasskeySignInInput: PasskeySignInInput;
  PasswordRules: ResolverTypeWrapper<PasswordRules>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  RecoveryCodes: ResolverTypeWrapper<RecoveryCodes>;
  RefreshInput: RefreshInput;
  ResetPasswordInput: ResetPasswordInput;
  SecondFactorInput: SecondFactorInput;
  SecondFactorRequired: ResolverTypeWrapper<SecondFactorRequired>;
  Session: ResolverTypeWrapper<DomainSession>;
  SessionConnection: ResolverTypeWrapper<Omit<SessionConnection, 'edges'> & { edges: Array<ResolversTypes['SessionEdge']> }>;
  SessionEdge: ResolverTypeWrapper<Omit<SessionEdge, 'node'> & { node: ResolversTypes['Session'] }>;
  SessionEndReason: SessionEndReason;
  SignInInput: SignInInput;
  SignInOptions: ResolverTypeWrapper<SignInOptions>;
  SignInResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['SignInResult']>;
  SignOutEverywhereInput: SignOutEverywhereInput;
  SignUpInput: SignUpInput;
  SignUpMode: SignUpMode;
  SignUpResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['SignUpResult']>;
  SignedIn: ResolverTypeWrapper<Omit<SignedIn, 'enrol' | 'session' | 'user'> & { enrol?: Maybe<ResolversTypes['EnrolmentDue']>, session: ResolversTypes['Session'], user: ResolversTypes['User'] }>;
  StepUpChallenge: ResolverTypeWrapper<StepUpChallenge>;
  StepUpInput: StepUpInput;
  Suspension: ResolverTypeWrapper<Suspension>;
  TokenDelivery: TokenDelivery;
  TokenInput: TokenInput;
  Tokens: ResolverTypeWrapper<Tokens>;
  TotpCodeInput: TotpCodeInput;
  TotpEnrolment: ResolverTypeWrapper<TotpEnrolment>;
  UpdateProfileInput: UpdateProfileInput;
  User: ResolverTypeWrapper<Subject>;
  UserConnection: ResolverTypeWrapper<Omit<UserConnection, 'edges'> & { edges: Array<ResolversTypes['UserEdge']> }>;
  UserEdge: ResolverTypeWrapper<Omit<UserEdge, 'node'> & { node: ResolversTypes['User'] }>;
  UserFilter: UserFilter;
  UserStatus: UserStatus;
  VerificationSent: ResolverTypeWrapper<VerificationSent>;
  VerifyEmailInput: VerifyEmailInput;
  Viewer: ResolverTypeWrapper<KnownCaller>;
  ViewerKind: ViewerKind;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  AuditEvent: TrailEvent;
  ID: Scalars['ID']['output'];
  AuditEventConnection: Omit<AuditEventConnection, 'edges'> & { edges: Array<ResolversParentTypes['AuditEventEdge']> };
  Int: Scalars['Int']['output'];
  AuditEventEdge: Omit<AuditEventEdge, 'node'> & { node: ResolversParentTypes['AuditEvent'] };
  AuditFilter: AuditFilter;
  Authenticator: DomainAuthenticator;
  ChangeEmailInput: ChangeEmailInput;
  ChangePasswordInput: ChangePasswordInput;
  DateTime: Scalars['DateTime']['output'];
  Decision: Decision;
  Boolean: Scalars['Boolean']['output'];
  DeleteAccountInput: DeleteAccountInput;
  Device: Device;
  EmailAddress: Scalars['EmailAddress']['output'];
  EmailInput: EmailInput;
  EnrolmentDue: DomainEnrolmentDue;
  FieldExplanation: DomainFieldExplanation;
  InviteUserInput: InviteUserInput;
  JSON: Scalars['JSON']['output'];
  KnownDevice: DomainKnownDevice;
  Mutation: Record<PropertyKey, never>;
  Node: ResolversInterfaceTypes<ResolversParentTypes>['Node'];
  PageInfo: PageInfo;
  PasskeyCreation: PasskeyCreation;
  PasskeyEnrolmentInput: PasskeyEnrolmentInput;
  PasskeyRequest: PasskeyRequest;
  PasskeyRules: PasskeyRules;
  PasskeySignInInput: PasskeySignInInput;
  PasswordRules: PasswordRules;
  Query: Record<PropertyKey, never>;
  RecoveryCodes: RecoveryCodes;
  RefreshInput: RefreshInput;
  ResetPasswordInput: ResetPasswordInput;
  SecondFactorInput: SecondFactorInput;
  SecondFactorRequired: SecondFactorRequired;
  Session: DomainSession;
  SessionConnection: Omit<SessionConnection, 'edges'> & { edges: Array<ResolversParentTypes['SessionEdge']> };
  SessionEdge: Omit<SessionEdge, 'node'> & { node: ResolversParentTypes['Session'] };
  SignInInput: SignInInput;
  SignInOptions: SignInOptions;
  SignInResult: ResolversUnionTypes<ResolversParentTypes>['SignInResult'];
  SignOutEverywhereInput: SignOutEverywhereInput;
  SignUpInput: SignUpInput;
  SignUpResult: ResolversUnionTypes<ResolversParentTypes>['SignUpResult'];
  SignedIn: Omit<SignedIn, 'enrol' | 'session' | 'user'> & { enrol?: Maybe<ResolversParentTypes['EnrolmentDue']>, session: ResolversParentTypes['Session'], user: ResolversParentTypes['User'] };
  StepUpChallenge: StepUpChallenge;
  StepUpInput: StepUpInput;
  Suspension: Suspension;
  TokenInput: TokenInput;
  Tokens: Tokens;
  TotpCodeInput: TotpCodeInput;
  TotpEnrolment: TotpEnrolment;
  UpdateProfileInput: UpdateProfileInput;
  User: Subject;
  UserConnection: Omit<UserConnection, 'edges'> & { edges: Array<ResolversParentTypes['UserEdge']> };
  UserEdge: Omit<UserEdge, 'node'> & { node: ResolversParentTypes['User'] };
  UserFilter: UserFilter;
  VerificationSent: VerificationSent;
  VerifyEmailInput: VerifyEmailInput;
  Viewer: KnownCaller;
  String: Scalars['String']['output'];
};

export type AuthDirectiveArgs = {
  as?: Maybe<CallerKind>;
  assurance?: Maybe<Assurance>;
  permission?: Maybe<Scalars['String']['input']>;
};

export type AuthDirectiveResolver<Result, Parent, ContextType = Context, Args = AuthDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type OwnerDirectiveArgs = {
  arg?: Maybe<Scalars['String']['input']>;
  entity?: Maybe<Scalars['String']['input']>;
  field?: Maybe<Scalars['String']['input']>;
  or?: Maybe<Scalars['String']['input']>;
};

export type OwnerDirectiveResolver<Result, Parent, ContextType = Context, Args = OwnerDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type PublicDirectiveArgs = { };

export type PublicDirectiveResolver<Result, Parent, ContextType = Context, Args = PublicDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type AuditEventResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AuditEvent'] = ResolversParentTypes['AuditEvent']> = {
  actorId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  facts?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  outcome?: Resolver<ResolversTypes['AuditOutcome'], ParentType, ContextType>;
  subjectId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type AuditEventConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AuditEventConnection'] = ResolversParentTypes['AuditEventConnection']> = {
  edges?: Resolver<Array<ResolversTypes['AuditEventEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type AuditEventEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AuditEventEdge'] = ResolversParentTypes['AuditEventEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['AuditEvent'], ParentType, ContextType>;
};

export type AuthenticatorResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Authenticator'] = ResolversParentTypes['Authenticator']> = {
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  kind?: Resolver<ResolversTypes['FactorKind'], ParentType, ContextType>;
  lastUsedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  name?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  recoveryCodes?: Resolver<Maybe<Array<ResolversTypes['String']>>, ParentType, ContextType>;
  remaining?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
};

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export type DecisionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Decision'] = ResolversParentTypes['Decision']> = {
  allowed?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  reason?: Resolver<Maybe<ResolversTypes['DenialReason']>, ParentType, ContextType>;
};

export type DeviceResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Device'] = ResolversParentTypes['Device']> = {
  bound?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  ipPrefix?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  known?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export interface EmailAddressScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['EmailAddress'], any> {
  name: 'EmailAddress';
}

export type EnrolmentDueResolvers<ContextType = Context, ParentType extends ResolversParentTypes['EnrolmentDue'] = ResolversParentTypes['EnrolmentDue']> = {
  dueAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  methods?: Resolver<Array<ResolversTypes['FactorKind']>, ParentType, ContextType>;
};

export type FieldExplanationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['FieldExplanation'] = ResolversParentTypes['FieldExplanation']> = {
  door?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  field?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  path?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  reason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  rules?: Resolver<Array<ResolversTypes['String']>, ParentType, ContextType>;
  verdict?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export interface JsonScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['JSON'], any> {
  name: 'JSON';
}

export type KnownDeviceResolvers<ContextType = Context, ParentType extends ResolversParentTypes['KnownDevice'] = ResolversParentTypes['KnownDevice']> = {
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  ipPrefix?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  lastUsedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type MutationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  beginPasskeyEnrolment?: Resolver<ResolversTypes['PasskeyCreation'], ParentType, ContextType>;
  beginPasskeySignIn?: Resolver<ResolversTypes['PasskeyRequest'], ParentType, ContextType>;
  beginStepUp?: Resolver<ResolversTypes['StepUpChallenge'], ParentType, ContextType>;
  beginTotpEnrolment?: Resolver<ResolversTypes['TotpEnrolment'], ParentType, ContextType>;
  changeEmail?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType, RequireFields<MutationChangeEmailArgs, 'input'>>;
  changePassword?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType, RequireFields<MutationChangePasswordArgs, 'input'>>;
  completePasskeyEnrolment?: Resolver<ResolversTypes['Authenticator'], ParentType, ContextType, RequireFields<MutationCompletePasskeyEnrolmentArgs, 'input'>>;
  completePasskeySignIn?: Resolver<ResolversTypes['SignedIn'], ParentType, ContextType, RequireFields<MutationCompletePasskeySignInArgs, 'input'>>;
  completeSecondFactor?: Resolver<ResolversTypes['SignedIn'], ParentType, ContextType, RequireFields<MutationCompleteSecondFactorArgs, 'input'>>;
  completeStepUp?: Resolver<ResolversTypes['SignedIn'], ParentType, ContextType, RequireFields<MutationCompleteStepUpArgs, 'input'>>;
  confirmEmailChange?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType, RequireFields<MutationConfirmEmailChangeArgs, 'input'>>;
  confirmTotpEnrolment?: Resolver<ResolversTypes['RecoveryCodes'], ParentType, ContextType, RequireFields<MutationConfirmTotpEnrolmentArgs, 'input'>>;
  deleteAccount?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType, RequireFields<MutationDeleteAccountArgs, 'input'>>;
  disownSession?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType, RequireFields<MutationDisownSessionArgs, 'input'>>;
  exportMyData?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
  forgetDevice?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType, RequireFields<MutationForgetDeviceArgs, 'id'>>;
  inviteUser?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType, RequireFields<MutationInviteUserArgs, 'input'>>;
  refreshSession?: Resolver<ResolversTypes['SignedIn'], ParentType, ContextType, Partial<MutationRefreshSessionArgs>>;
  regenerateRecoveryCodes?: Resolver<ResolversTypes['RecoveryCodes'], ParentType, ContextType>;
  reinstateUser?: Resolver<ResolversTypes['User'], ParentType, ContextType, RequireFields<MutationReinstateUserArgs, 'id'>>;
  removeAuthenticator?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType, RequireFields<MutationRemoveAuthenticatorArgs, 'id'>>;
  renameAuthenticator?: Resolver<ResolversTypes['Authenticator'], ParentType, ContextType, RequireFields<MutationRenameAuthenticatorArgs, 'id' | 'name'>>;
  requestPasswordReset?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType, RequireFields<MutationRequestPasswordResetArgs, 'input'>>;
  resendVerification?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType, RequireFields<MutationResendVerificationArgs, 'input'>>;
  resetPassword?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType, RequireFields<MutationResetPasswordArgs, 'input'>>;
  resetUserAuthenticators?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType, RequireFields<MutationResetUserAuthenticatorsArgs, 'id'>>;
  revokeSession?: Resolver<ResolversTypes['Session'], ParentType, ContextType, RequireFields<MutationRevokeSessionArgs, 'id'>>;
  revokeUserSessions?: Resolver<ResolversTypes['Int'], ParentType, ContextType, RequireFields<MutationRevokeUserSessionsArgs, 'id'>>;
  setUserAttributes?: Resolver<ResolversTypes['User'], ParentType, ContextType, RequireFields<MutationSetUserAttributesArgs, 'attributes' | 'id'>>;
  setUserRoles?: Resolver<ResolversTypes['User'], ParentType, ContextType, RequireFields<MutationSetUserRolesArgs, 'id' | 'roles'>>;
  signIn?: Resolver<ResolversTypes['SignInResult'], ParentType, ContextType, RequireFields<MutationSignInArgs, 'input'>>;
  signOut?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType, Partial<MutationSignOutArgs>>;
  signOutEverywhere?: Resolver<ResolversTypes['Int'], ParentType, ContextType, Partial<MutationSignOutEverywhereArgs>>;
  signUp?: Resolver<ResolversTypes['SignUpResult'], ParentType, ContextType, RequireFields<MutationSignUpArgs, 'input'>>;
  suspendUser?: Resolver<ResolversTypes['User'], ParentType, ContextType, RequireFields<MutationSuspendUserArgs, 'id'>>;
  updateProfile?: Resolver<ResolversTypes['User'], ParentType, ContextType, RequireFields<MutationUpdateProfileArgs, 'input'>>;
  verifyEmail?: Resolver<ResolversTypes['SignedIn'], ParentType, ContextType, RequireFields<MutationVerifyEmailArgs, 'input'>>;
};

export type NodeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Node'] = ResolversParentTypes['Node']> = {
  __resolveType: TypeResolveFn<'AuditEvent' | 'Session' | 'User', ParentType, ContextType>;
};

export type PageInfoResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type PasskeyCreationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PasskeyCreation'] = ResolversParentTypes['PasskeyCreation']> = {
  challenge?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  expiresAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  options?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
};

export type PasskeyRequestResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PasskeyRequest'] = ResolversParentTypes['PasskeyRequest']> = {
  challenge?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  expiresAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  options?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
};

export type PasskeyRulesResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PasskeyRules'] = ResolversParentTypes['PasskeyRules']> = {
  id?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  origins?: Resolver<Array<ResolversTypes['String']>, ParentType, ContextType>;
};

export type PasswordRulesResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PasswordRules'] = ResolversParentTypes['PasswordRules']> = {
  breachedRefused?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  guessabilityScore?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  maxLength?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  minLength?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  minLengthWithSecondFactor?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type QueryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  auditEvents?: Resolver<Maybe<ResolversTypes['AuditEventConnection']>, ParentType, ContextType, RequireFields<QueryAuditEventsArgs, 'first'>>;
  explainPolicy?: Resolver<Maybe<Array<ResolversTypes['FieldExplanation']>>, ParentType, ContextType, RequireFields<QueryExplainPolicyArgs, 'operation'>>;
  me?: Resolver<Maybe<ResolversTypes['User']>, ParentType, ContextType>;
  session?: Resolver<Maybe<ResolversTypes['Session']>, ParentType, ContextType, RequireFields<QuerySessionArgs, 'id'>>;
  signInOptions?: Resolver<ResolversTypes['SignInOptions'], ParentType, ContextType>;
  user?: Resolver<Maybe<ResolversTypes['User']>, ParentType, ContextType, RequireFields<QueryUserArgs, 'id'>>;
  users?: Resolver<Maybe<ResolversTypes['UserConnection']>, ParentType, ContextType, RequireFields<QueryUsersArgs, 'first'>>;
  viewer?: Resolver<Maybe<ResolversTypes['Viewer']>, ParentType, ContextType>;
};

export type RecoveryCodesResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecoveryCodes'] = ResolversParentTypes['RecoveryCodes']> = {
  codes?: Resolver<Array<ResolversTypes['String']>, ParentType, ContextType>;
};

export type SecondFactorRequiredResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SecondFactorRequired'] = ResolversParentTypes['SecondFactorRequired']> = {
  challenge?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  expiresAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  methods?: Resolver<Array<ResolversTypes['FactorKind']>, ParentType, ContextType>;
  passkey?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type SessionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Session'] = ResolversParentTypes['Session']> = {
  assurance?: Resolver<ResolversTypes['Assurance'], ParentType, ContextType>;
  authenticatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  current?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  device?: Resolver<ResolversTypes['Device'], ParentType, ContextType>;
  endReason?: Resolver<Maybe<ResolversTypes['SessionEndReason']>, ParentType, ContextType>;
  endedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  expiresAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  lastSeenAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type SessionConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SessionConnection'] = ResolversParentTypes['SessionConnection']> = {
  edges?: Resolver<Array<ResolversTypes['SessionEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type SessionEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SessionEdge'] = ResolversParentTypes['SessionEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Session'], ParentType, ContextType>;
};

export type SignInOptionsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SignInOptions'] = ResolversParentTypes['SignInOptions']> = {
  passkeys?: Resolver<ResolversTypes['PasskeyRules'], ParentType, ContextType>;
  password?: Resolver<ResolversTypes['PasswordRules'], ParentType, ContextType>;
  signUp?: Resolver<ResolversTypes['SignUpMode'], ParentType, ContextType>;
};

export type SignInResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SignInResult'] = ResolversParentTypes['SignInResult']> = {
  __resolveType: TypeResolveFn<'SecondFactorRequired' | 'SignedIn', ParentType, ContextType>;
};

export type SignUpResultResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SignUpResult'] = ResolversParentTypes['SignUpResult']> = {
  __resolveType: TypeResolveFn<'SignedIn' | 'VerificationSent', ParentType, ContextType>;
};

export type SignedInResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SignedIn'] = ResolversParentTypes['SignedIn']> = {
  deviceToken?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  enrol?: Resolver<Maybe<ResolversTypes['EnrolmentDue']>, ParentType, ContextType>;
  session?: Resolver<ResolversTypes['Session'], ParentType, ContextType>;
  tokens?: Resolver<Maybe<ResolversTypes['Tokens']>, ParentType, ContextType>;
  user?: Resolver<ResolversTypes['User'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type StepUpChallengeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['StepUpChallenge'] = ResolversParentTypes['StepUpChallenge']> = {
  challenge?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  expiresAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  methods?: Resolver<Array<ResolversTypes['FactorKind']>, ParentType, ContextType>;
  passkey?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
};

export type SuspensionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Suspension'] = ResolversParentTypes['Suspension']> = {
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  reason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type TokensResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Tokens'] = ResolversParentTypes['Tokens']> = {
  accessToken?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  expiresIn?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  refreshToken?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  tokenType?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type TotpEnrolmentResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TotpEnrolment'] = ResolversParentTypes['TotpEnrolment']> = {
  qr?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  secret?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  uri?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type UserResolvers<ContextType = Context, ParentType extends ResolversParentTypes['User'] = ResolversParentTypes['User'], FederationReferenceType extends FederationReferenceTypes['User'] = FederationReferenceTypes['User']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['User']> | FederationReferenceType, FederationReferenceType, ContextType>;
  attributes?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  authenticators?: Resolver<Maybe<Array<ResolversTypes['Authenticator']>>, ParentType, ContextType>;
  createdAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  devices?: Resolver<Maybe<Array<ResolversTypes['KnownDevice']>>, ParentType, ContextType>;
  displayName?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  email?: Resolver<Maybe<ResolversTypes['EmailAddress']>, ParentType, ContextType>;
  emailVerified?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  roles?: Resolver<Maybe<Array<ResolversTypes['String']>>, ParentType, ContextType>;
  sessions?: Resolver<Maybe<ResolversTypes['SessionConnection']>, ParentType, ContextType, RequireFields<UserSessionsArgs, 'first'>>;
  status?: Resolver<Maybe<ResolversTypes['UserStatus']>, ParentType, ContextType>;
  suspension?: Resolver<Maybe<ResolversTypes['Suspension']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type UserConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['UserConnection'] = ResolversParentTypes['UserConnection']> = {
  edges?: Resolver<Array<ResolversTypes['UserEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type UserEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['UserEdge'] = ResolversParentTypes['UserEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['User'], ParentType, ContextType>;
};

export type VerificationSentResolvers<ContextType = Context, ParentType extends ResolversParentTypes['VerificationSent'] = ResolversParentTypes['VerificationSent']> = {
  email?: Resolver<ResolversTypes['EmailAddress'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ViewerResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Viewer'] = ResolversParentTypes['Viewer']> = {
  abilities?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
  can?: Resolver<ResolversTypes['Decision'], ParentType, ContextType, RequireFields<ViewerCanArgs, 'permission'>>;
  enrol?: Resolver<Maybe<ResolversTypes['EnrolmentDue']>, ParentType, ContextType>;
  kind?: Resolver<ResolversTypes['ViewerKind'], ParentType, ContextType>;
  permissions?: Resolver<Array<ResolversTypes['String']>, ParentType, ContextType>;
  session?: Resolver<Maybe<ResolversTypes['Session']>, ParentType, ContextType>;
  user?: Resolver<Maybe<ResolversTypes['User']>, ParentType, ContextType>;
};

export type Resolvers<ContextType = Context> = {
  AuditEvent?: AuditEventResolvers<ContextType>;
  AuditEventConnection?: AuditEventConnectionResolvers<ContextType>;
  AuditEventEdge?: AuditEventEdgeResolvers<ContextType>;
  Authenticator?: AuthenticatorResolvers<ContextType>;
  DateTime?: GraphQLScalarType;
  Decision?: DecisionResolvers<ContextType>;
  Device?: DeviceResolvers<ContextType>;
  EmailAddress?: GraphQLScalarType;
  EnrolmentDue?: EnrolmentDueResolvers<ContextType>;
  FieldExplanation?: FieldExplanationResolvers<ContextType>;
  JSON?: GraphQLScalarType;
  KnownDevice?: KnownDeviceResolvers<ContextType>;
  Mutation?: MutationResolvers<ContextType>;
  Node?: NodeResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  PasskeyCreation?: PasskeyCreationResolvers<ContextType>;
  PasskeyRequest?: PasskeyRequestResolvers<ContextType>;
  PasskeyRules?: PasskeyRulesResolvers<ContextType>;
  PasswordRules?: PasswordRulesResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  RecoveryCodes?: RecoveryCodesResolvers<ContextType>;
  SecondFactorRequired?: SecondFactorRequiredResolvers<ContextType>;
  Session?: SessionResolvers<ContextType>;
  SessionConnection?: SessionConnectionResolvers<ContextType>;
  SessionEdge?: SessionEdgeResolvers<ContextType>;
  SignInOptions?: SignInOptionsResolvers<ContextType>;
  SignInResult?: SignInResultResolvers<ContextType>;
  SignUpResult?: SignUpResultResolvers<ContextType>;
  SignedIn?: SignedInResolvers<ContextType>;
  StepUpChallenge?: StepUpChallengeResolvers<ContextType>;
  Suspension?: SuspensionResolvers<ContextType>;
  Tokens?: TokensResolvers<ContextType>;
  TotpEnrolment?: TotpEnrolmentResolvers<ContextType>;
  User?: UserResolvers<ContextType>;
  UserConnection?: UserConnectionResolvers<ContextType>;
  UserEdge?: UserEdgeResolvers<ContextType>;
  VerificationSent?: VerificationSentResolvers<ContextType>;
  Viewer?: ViewerResolvers<ContextType>;
};

export type DirectiveResolvers<ContextType = Context> = {
  auth?: AuthDirectiveResolver<any, any, ContextType>;
  owner?: OwnerDirectiveResolver<any, any, ContextType>;
  public?: PublicDirectiveResolver<any, any, ContextType>;
};
