/**
 * What there is to tell, to whom. Facts and no secrets: the one-time token of a link is made when the mail is, so that
 * none lies about in the database, and a mail that comes late has a link that lasts as long as any other.
 */
export type Message =
  /** Somebody wants an account under this address. Whether there is one already shows in the mail alone. */
  | {
      readonly kind: 'sign-up'
      readonly email: string
      readonly displayName: string | null
      readonly passwordHash: string
      readonly languages: readonly string[]
    }
  | { readonly kind: 'resend-verification'; readonly email: string; readonly languages: readonly string[] }
  | {
      readonly kind: 'password-reset'
      readonly email: string
      readonly languages: readonly string[]
      /** Sent however many there were: without it its owner has no password. */
      readonly isOwed: boolean
      /** Whoever runs the service has given the account this address. */
      readonly isAssigned?: boolean
    }
  | {
      readonly kind: 'invitation'
      readonly email: string
      readonly roles: readonly string[]
      readonly invitedBy: string
      /** Of the inviter's security: a change of it since then has ended the invitation. */
      readonly inviterVersion: number
      readonly languages: readonly string[]
    }
  /** A link to the new address. */
  | {
      readonly kind: 'email-change'
      readonly userId: string
      /** The session that asked, which goes on afterwards. */
      readonly sessionId: string
      /** The user's when the change was asked for: a change of security since then has ended it. */
      readonly securityVersion: number
      readonly newEmail: string
    }
  /** To the address that an account had: by now it may have another one, or be gone. */
  | {
      readonly kind: 'address-notice'
      readonly about: 'email-change-requested' | 'email-changed' | 'account-deleted'
      readonly email: string
      /** Whether it was proven; left out in messages from before this was told. */
      readonly emailVerified?: boolean
      readonly at: Date
      readonly newEmail?: string
      readonly languages: readonly string[]
    }
  /** Something happened to the account of this user. */
  | {
      readonly kind: 'notice'
      readonly about: NoticeTopic
      readonly userId: string
      readonly sessionId: string | null
      /** The passkey that it is about. */
      readonly authenticatorId?: string
      readonly at: Date
    }

export type NoticeTopic =
  | 'new-sign-in'
  | 'session-stolen'
  | 'session-lost'
  | 'session-guessed'
  | 'password-changed'
  | 'password-reset'
  | 'authenticator-added'
  | 'first-authenticator-added'
  | 'authenticator-removed'
  | 'passkey-added'
  | 'first-passkey-added'
  | 'passkey-removed'
  | 'passkey-copied'
  | 'recovery-codes-renewed'
  | 'recovery-code-used'
  | 'second-factor-attacked'
  | 'second-factor-demanded'
  | 'password-voided'
  | 'password-stopped'
  | 'authenticators-reset'
  | 'roles-changed'
  | 'suspended'
  | 'reinstated'
  | 'sessions-revoked'
