import { createServer } from 'node:net'
import { mongo } from 'mongoose'

/** Never a name: a name may resolve to ::1 first, where nothing listens. */
export const host = '127.0.0.1'

/**
 * One admin command to this one member, whatever its state in the set is.
 * @param {number} port
 * @param {Record<string, unknown>} command
 * @param {number} [patienceMs]
 */
export async function askMember(port, command, patienceMs = 5_000) {
  return withMember(port, patienceMs, (client) => client.db('admin').command(command))
}

/**
 * @template T
 * @param {number} port
 * @param {number} patienceMs
 * @param {(client: mongo.MongoClient) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withMember(port, patienceMs, work) {
  const client = new mongo.MongoClient(`mongodb://${host}:${port}`, {
    directConnection: true,
    serverSelectionTimeoutMS: patienceMs,
    connectTimeoutMS: patienceMs,
    socketTimeoutMS: patienceMs + 10_000,
    retryReads: false,
    retryWrites: false,
    maxPoolSize: 1,
  })
  try {
    return await work(client)
  } finally {
    await client.close()
  }
}

/** @returns {Promise<number>} */
export function findFreePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, host, () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
export function isPortFree(port) {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, host, () => server.close(() => resolve(true)))
  })
}
