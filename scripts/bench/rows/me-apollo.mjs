import { askMe } from '../ask-service.mjs'
import { openPeer } from '../peers.mjs'

/** @type {import('../rows.mjs').Row} */
export default {
  name: 'me-apollo',
  title: 'guarded me against Apollo Server with jose and graphql-shield, as people write it',
  goal: null,
  requests: 400,
  baseline: openPeer('apollo.mjs', 'me'),
  measured: askMe,
}
