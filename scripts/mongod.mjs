/**
 * The local MongoDB of `npm start` and `npm test`. Production never comes here: it brings its own MONGODB_URI.
 * Where the binary comes from: resolve-binary.mjs. What is started with it: replica-set.mjs.
 */
export { MongodUnavailable, resolveMongod } from './mongod/resolve-binary.mjs'
export { startReplicaSet } from './mongod/replica-set.mjs'
export { withDatabase } from './mongod/with-database.mjs'
