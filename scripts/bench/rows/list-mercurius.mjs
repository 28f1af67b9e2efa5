import { openPeer } from '../peers.mjs'
import list from './list.mjs'

/** @type {import('../rows.mjs').Row} */
export default {
  name: 'list-mercurius',
  title: 'the list of 500 owned objects against Mercurius with mercurius-auth',
  goal: null,
  requests: 10,
  baseline: openPeer('mercurius.mjs', 'list'),
  measured: list.measured,
}
