/** Something changed that decides who a caller is or what it may do; whatever was remembered about it is stale. */
export type IdentityChange =
  | { readonly kind: 'user'; readonly userId: string; readonly securityVersion?: number }
  | { readonly kind: 'session'; readonly sessionId: string; readonly ended: boolean }

/** Told by the instance that wrote, before it answers. Other instances learn it from the change stream. */
export type Announce = (change: IdentityChange) => void
