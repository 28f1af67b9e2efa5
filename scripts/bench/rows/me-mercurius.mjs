import { askMe } from '../ask-service.mjs'
import { openPeer } from '../peers.mjs'

/** @type {import('../rows.mjs').Row} */
export default {
  name: 'me-mercurius',
  title: 'guarded me against Mercurius with jose and mercurius-auth',
  goal: null,
  requests: 400,
  baseline: openPeer('mercurius.mjs', 'me'),
  measured: askMe,
}
