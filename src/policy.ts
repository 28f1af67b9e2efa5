import { definePolicy } from './authorization/index.js'

/** What there is to be allowed, and which role allows it. `@own`: on what the caller owns. */
export const defaultPolicy = definePolicy({
  permissions: [
    'profile:update',
    'password:change',
    'email:change',
    'account:export',
    'account:delete',
    'authenticator:read',
    'authenticator:manage',
    'user:read',
    'user:invite',
    'user:assign-roles',
    'user:set-attributes',
    'user:suspend',
    'user:reinstate',
    'user:reset-authenticators',
    'session:read',
    'session:revoke',
    'device:read',
    'device:forget',
    'audit:read',
    'policy:read',
  ],
  // What `where` may ask for; each has its place in a list's filter (pathsOf in src/users/mongo-store.ts).
  properties: { user: { status: 'string', emailVerified: 'boolean', enrolledAssurance: 'string' } },
  roles: {
    member: {
      can: [
        'user:read@own',
        'profile:update@own',
        'password:change@own',
        'email:change@own',
        'account:export@own',
        'account:delete@own',
        'authenticator:read@own',
        'authenticator:manage@own',
        'session:read@own',
        'session:revoke@own',
        'device:read@own',
        'device:forget@own',
        'audit:read@own',
      ],
    },
    support: { inherits: ['member'], can: ['user:read', 'session:read', 'authenticator:read', 'device:read'] },
    admin: { inherits: ['support'], can: ['user:*', 'session:*', 'audit:read', 'policy:read'] },
  },
  // See src/risk/risk-score.ts. Refusing is off: a stranger's failures must not keep the owner out.
  risk: { notify: 40, secondFactor: 70 },
  // Whoever takes the address has the account.
  // Whoever can give power to people must have proven just now who they are: a stolen session is not enough.
  stepUp: {
    'email:change': { assurance: 'HIGHEST_ENROLLED', maxAge: '5m' },
    'user:assign-roles': { assurance: 'HIGHEST_ENROLLED', maxAge: '5m' },
    'user:set-attributes': { assurance: 'HIGHEST_ENROLLED', maxAge: '5m' },
    'user:suspend': { assurance: 'HIGHEST_ENROLLED', maxAge: '5m' },
    'user:reinstate': { assurance: 'HIGHEST_ENROLLED', maxAge: '5m' },
    'user:reset-authenticators': { assurance: 'HIGHEST_ENROLLED', maxAge: '5m' },
    'user:invite': { assurance: 'HIGHEST_ENROLLED', maxAge: '5m' },
    // Nor to add a factor of a thief's own, or to take one away.
    'authenticator:manage': { assurance: 'HIGHEST_ENROLLED', maxAge: '5m' },
    'password:change': { assurance: 'HIGHEST_ENROLLED', maxAge: '5m' },
    // Nor to take all that is known of somebody, nor to make it go away.
    'account:export': { assurance: 'HIGHEST_ENROLLED', maxAge: '5m' },
    'account:delete': { assurance: 'HIGHEST_ENROLLED', maxAge: '5m' },
  },
  // Of nobody, unless a file says so. Who is overdue sees where they are signed in and leaves, or adds what is missing.
  secondFactor: {
    required: [],
    meanwhile: [
      'authenticator:manage@own',
      'authenticator:read@own',
      'session:read@own',
      'session:revoke@own',
      'user:read@own',
    ],
  },
})
