/**
 * The local MongoDB of `npm start` and `npm test`. Production never comes here: it brings its own MONGODB_URI.
 * Where the binary comes from and why is in docs/database.md; this folder holds one file per step.
 */
export { MongodUnavailable, resolveMongod } from './mongod/resolve-binary.mjs'
export { startReplicaSet } from './mongod/replica-set.mjs'
