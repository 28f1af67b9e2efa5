import { startReplicaSet } from '../../scripts/mongod.mjs'

/**
 * One database server for the whole run, held here because Jest runs set-up and teardown in the same process.
 * @type {Awaited<ReturnType<typeof startReplicaSet>> | undefined}
 */
let replicaSet

/** With MONGODB_URI set (a replica set of another version, say) the tests run against that one. */
export async function startTestDatabase() {
  const { MONGODB_URI } = process.env
  if (MONGODB_URI) return MONGODB_URI
  // Fail points let tests of a failing database say exactly which command fails.
  replicaSet = await startReplicaSet({ testCommands: true })
  return replicaSet.uri
}

export async function stopTestDatabase() {
  await replicaSet?.stop()
}
