import { askService } from '../ask-service.mjs'

/** @type {import('../rows.mjs').Row} */
export default {
  name: 'viewer-can',
  title: 'viewer { can(…) } about a session, which is read for it',
  goal: null,
  requests: 150,
  baseline: null,
  measured: askService(
    ({ sessionId }) => ({ query: `{ viewer { can(permission: "session:revoke", id: "${sessionId}") { allowed } } }` }),
    'sessions',
  ),
}
