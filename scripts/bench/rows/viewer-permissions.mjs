import { askService } from '../ask-service.mjs'
import { openPeer } from '../peers.mjs'

/** @type {import('../rows.mjs').Row} */
export default {
  name: 'viewer-permissions',
  title: 'viewer { kind permissions } against get-session of better-auth',
  goal: { kind: 'ratio', atLeast: 25 },
  requests: 200,
  baseline: openPeer('better-auth.mjs', 'session'),
  measured: askService({ query: '{ viewer { kind permissions } }' }),
}
