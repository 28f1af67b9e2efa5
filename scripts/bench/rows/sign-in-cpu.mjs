import { hash, verify } from 'argon2'
import { hashesAtOnce, password } from '../portcullis.mjs'
import { openSignIn, parameters } from '../sign-ins.mjs'

/** @type {import('../rows.mjs').Row} */
export default {
  name: 'sign-in-cpu',
  title: 'a sign-in against the verification of one hash alone: at most a quarter is anything else',
  goal: { kind: 'ratio', atLeast: 0.75 },
  requests: 32,
  /** The same binary, parameters and number at once as in the service, in a process that does nothing else. */
  async baseline() {
    const stored = await hash(password, {
      memoryCost: parameters.memoryKiB,
      timeCost: parameters.passes,
      parallelism: 1,
    })
    return {
      atOnce: hashesAtOnce,
      ask: async () => JSON.stringify(await verify(stored, password)),
    }
  },
  measured: openSignIn,
}
