import { openPeer } from '../peers.mjs'
import { openSignIn } from '../sign-ins.mjs'

/** @type {import('../rows.mjs').Row} */
export default {
  name: 'sign-in',
  title: 'sign-ins per second with argon2id of 19 MiB and two passes against those of better-auth with scrypt',
  goal: { kind: 'ratio', atLeast: 6, by: 'throughput' },
  requests: 32,
  baseline: openPeer('better-auth.mjs', 'signIn'),
  measured: openSignIn,
}
