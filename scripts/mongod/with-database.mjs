import { working } from '../setup/say.mjs'
import { startReplicaSet } from './replica-set.mjs'

/**
 * Work on the MongoDB of `MONGODB_URI`, or on a throw-away one.
 * @template Value
 * @param {(mongodbUri: string) => Promise<Value>} work
 */
export async function withDatabase(work) {
  const { MONGODB_URI } = process.env
  if (MONGODB_URI) return work(MONGODB_URI)
  const replicaSet = await startReplicaSet({ log: working })
  try {
    return await work(replicaSet.uri)
  } finally {
    await replicaSet.stop()
  }
}
