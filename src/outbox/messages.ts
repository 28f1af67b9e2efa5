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
  | { readonly kind: 'password-reset'; readonly email: string; readonly languages: readonly string[] }
  | {
      readonly kind: 'invitation'
      readonly email: string
      readonly roles: readonly string[]
      readonly invitedBy: string
      readonly languages: readonly string[]
    }
  /** The link goes to the new address; the present one is told. */
  | {
      readonly kind: 'email-change'
      readonly userId: string
      /** The session that asked, which goes on afterwards. */
      readonly sessionId: string
      /** The user's when the change was asked for: a change of security since then has ended it. */
      readonly securityVersion: number
      readonly newEmail: string
    }
  /** To an address that leads to nobody any more: the one before a change, or of an account that is gone. */
  | {
      readonly kind: 'farewell'
      readonly about: 'email-changed' | 'account-deleted'
      readonly email: string
      readonly at: Date
      readonly languages: readonly string[]
    }
  /** Something happened to the account of this user. */
  | {
      readonly kind: 'notice'
      readonly about: NoticeTopic
      readonly userId: string
      readonly sessionId: string | null
      readonly at: Date
    }

export type NoticeTopic =
  | 'new-sign-in'
  | 'session-stolen'
  | 'session-lost'
  | 'password-changed'
  | 'password-reset'
  | 'roles-changed'
  | 'suspended'
  | 'reinstated'
  | 'sessions-revoked'
