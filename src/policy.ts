import { definePolicy } from './authorization/index.js'

/** What there is to be allowed, and which role allows it. `@own`: on what the caller owns. */
export const defaultPolicy = definePolicy({
  permissions: ['profile:update', 'password:change', 'user:read', 'session:read', 'session:revoke', 'policy:read'],
  roles: {
    member: {
      can: ['user:read@own', 'profile:update@own', 'password:change@own', 'session:read@own', 'session:revoke@own'],
    },
    support: { inherits: ['member'], can: ['user:read', 'session:read'] },
    admin: { inherits: ['support'], can: ['user:*', 'session:*', 'policy:read'] },
  },
})
