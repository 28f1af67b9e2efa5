import { askService } from '../ask-service.mjs'

/** @type {import('../rows.mjs').Row} */
export default {
  name: 'viewer-permissions',
  title: 'viewer { kind permissions }',
  goal: null,
  requests: 400,
  baseline: null,
  measured: askService({ query: '{ viewer { kind permissions } }' }),
}
