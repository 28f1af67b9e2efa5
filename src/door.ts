import { defineDoor, open, personOnly, signedIn } from './authorization/index.js'

/**
 * Under which conditions each root field may be asked at all. What has no line is closed.
 * `scope` says how its object is kept to what the caller may see, `alone` that it must be the only root field of its
 * operation, `ownProof` that a bad access token beside it is ignored, `switchesCaller` that it signs somebody in.
 */
export const door = defineDoor({
  Query: {
    // `me` and `signInOptions` are the hot ones; their guards say all there is to say.
    me: { ask: open, scope: 'self' },
    signInOptions: { ask: open, scope: 'public' },
    user: { ask: signedIn, scope: 'entity' },
    users: { ask: signedIn, scope: 'filter' },
    session: { ask: signedIn, scope: 'entity' },
    auditEvents: { ask: signedIn, scope: 'filter' },
    _entities: { ask: open, scope: 'entity' },
    _service: { ask: open, scope: 'public' },
  },
  Mutation: {
    signUp: { ask: open, scope: 'public', alone: true, ownProof: true, switchesCaller: true },
    signIn: { ask: open, scope: 'public', alone: true, ownProof: true, switchesCaller: true },
    refreshSession: { ask: open, scope: 'self', alone: true, ownProof: true, switchesCaller: true },
    signOut: { ask: open, scope: 'self', alone: true, ownProof: true },
    signOutEverywhere: { ask: personOnly, scope: 'self' },
    revokeSession: { ask: signedIn, scope: 'entity' },
    revokeUserSessions: { ask: signedIn, scope: 'entity' },
    setUserRoles: { ask: personOnly, scope: 'entity' },
    setUserAttributes: { ask: personOnly, scope: 'entity' },
    suspendUser: { ask: personOnly, scope: 'entity' },
    reinstateUser: { ask: personOnly, scope: 'entity' },
    updateProfile: { ask: personOnly, scope: 'self' },
    changePassword: { ask: personOnly, scope: 'self', alone: true },
  },
})
