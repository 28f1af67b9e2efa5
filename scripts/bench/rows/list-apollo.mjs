import { openPeer } from '../peers.mjs'
import list from './list.mjs'

/** @type {import('../rows.mjs').Row} */
export default {
  name: 'list-apollo',
  title: 'the list of 500 owned objects against Apollo Server with graphql-shield',
  goal: null,
  requests: 10,
  baseline: openPeer('apollo.mjs', 'list'),
  measured: list.measured,
}
