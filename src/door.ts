import { defineDoor, open, personOnly } from './authorization/index.js'
import { atPace, ownPages, personAtPace } from './graphql/door-rules.js'
import { routerOnly } from './graphql/router-proof.js'

/**
 * Under which conditions each root field may be asked at all. What has no line is closed.
 * `permission` is the one that the directives of the field ask for, as `viewer { can }` names it.
 * `scope` says how its object is kept to what the caller may see, `alone` that it must be the only root field of its
 * operation, `ownProof` that a bad access token beside it is ignored, `switchesCaller` that it signs somebody in.
 */
export const door = defineDoor({
  Query: {
    // `open`: the guards of the field say all there is to say about who may ask.
    me: { ask: open, scope: 'self' },
    viewer: { ask: open, scope: 'self' },
    explainPolicy: { ask: open, scope: 'permission', permission: 'policy:read', alone: true },
    signInOptions: { ask: open, scope: 'public' },
    user: { ask: open, scope: 'entity', permission: 'user:read' },
    users: { ask: open, scope: 'filter', permission: 'user:read' },
    session: { ask: open, scope: 'entity', permission: 'session:read' },
    auditEvents: { ask: open, scope: 'filter', permission: 'audit:read@own' },
    _entities: { ask: routerOnly, scope: 'filter' },
    _service: { ask: routerOnly, scope: 'public' },
  },
  Mutation: {
    signUp: { ask: ownPages, scope: 'public', alone: true, ownProof: true, switchesCaller: true },
    verifyEmail: { ask: ownPages, scope: 'public', alone: true, ownProof: true, switchesCaller: true },
    resendVerification: { ask: ownPages, scope: 'public', alone: true, ownProof: true },
    requestPasswordReset: { ask: ownPages, scope: 'public', alone: true, ownProof: true },
    confirmEmailChange: { ask: ownPages, scope: 'public', alone: true, ownProof: true },
    disownSession: { ask: ownPages, scope: 'public', alone: true, ownProof: true },
    changeEmail: { ask: personAtPace, scope: 'self', permission: 'email:change@own' },
    resetPassword: { ask: ownPages, scope: 'public', alone: true, ownProof: true },
    signIn: { ask: ownPages, scope: 'public', alone: true, ownProof: true, switchesCaller: true },
    completeSecondFactor: { ask: ownPages, scope: 'public', alone: true, ownProof: true, switchesCaller: true },
    beginPasskeySignIn: { ask: ownPages, scope: 'public', alone: true, ownProof: true },
    completePasskeySignIn: { ask: ownPages, scope: 'public', alone: true, ownProof: true, switchesCaller: true },
    beginStepUp: { ask: personAtPace, scope: 'self' },
    completeStepUp: { ask: personAtPace, scope: 'self', alone: true, switchesCaller: true },
    beginTotpEnrolment: { ask: personAtPace, scope: 'self', permission: 'authenticator:manage@own', alone: true },
    confirmTotpEnrolment: { ask: personAtPace, scope: 'self', permission: 'authenticator:manage@own', alone: true },
    beginPasskeyEnrolment: { ask: personAtPace, scope: 'self', permission: 'authenticator:manage@own', alone: true },
    completePasskeyEnrolment: { ask: personAtPace, scope: 'self', permission: 'authenticator:manage@own', alone: true },
    regenerateRecoveryCodes: { ask: personAtPace, scope: 'self', permission: 'authenticator:manage@own', alone: true },
    renameAuthenticator: { ask: personAtPace, scope: 'self', permission: 'authenticator:manage@own' },
    removeAuthenticator: { ask: personAtPace, scope: 'self', permission: 'authenticator:manage@own' },
    resetUserAuthenticators: { ask: personAtPace, scope: 'entity', permission: 'user:reset-authenticators' },
    refreshSession: { ask: ownPages, scope: 'self', alone: true, ownProof: true, switchesCaller: true },
    signOut: { ask: ownPages, scope: 'self', alone: true, ownProof: true },
    signOutEverywhere: { ask: personAtPace, scope: 'self', permission: 'session:revoke@own' },
    revokeSession: { ask: atPace, scope: 'entity', permission: 'session:revoke' },
    revokeUserSessions: { ask: atPace, scope: 'entity', permission: 'session:revoke' },
    forgetDevice: { ask: personAtPace, scope: 'self', permission: 'device:forget@own' },
    setUserRoles: { ask: personAtPace, scope: 'entity', permission: 'user:assign-roles' },
    setUserAttributes: { ask: personAtPace, scope: 'entity', permission: 'user:set-attributes' },
    suspendUser: { ask: personAtPace, scope: 'entity', permission: 'user:suspend' },
    reinstateUser: { ask: personAtPace, scope: 'entity', permission: 'user:reinstate' },
    updateProfile: { ask: personAtPace, scope: 'self', permission: 'profile:update@own' },
    exportMyData: { ask: personAtPace, scope: 'self', permission: 'account:export@own', alone: true },
    deleteAccount: { ask: personAtPace, scope: 'self', permission: 'account:delete@own', alone: true },
    inviteUser: { ask: personAtPace, scope: 'permission', permission: 'user:invite' },
    changePassword: { ask: personOnly, scope: 'self', permission: 'password:change@own', alone: true },
  },
})
