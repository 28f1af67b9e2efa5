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
  // Nobody kills this one, so a majority need not wait for its journal: half of the time of each write.
  replicaSet = await startReplicaSet({ testCommands: true, isJournalAwaited: false })
  return replicaSet.uri
}

export async function stopTestDatabase() {
  await replicaSet?.stop()
}
