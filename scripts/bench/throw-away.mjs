import mongoose from 'mongoose'

/** The address of a database of that name, on the server of that address. @param {string} server @param {string} name */
export function databaseAt(server, name) {
  const uri = new URL(server)
  uri.pathname = `/${name}`
  return uri.href
}

/** @param {string} uri */
export async function dropDatabase(uri) {
  const connection = await mongoose.createConnection(uri).asPromise()
  await connection.dropDatabase()
  await connection.close()
}

/**
 * Work on a database that is gone afterwards.
 * @template Value
 * @param {string} server
 * @param {string} name
 * @param {(uri: string) => Promise<Value>} work
 */
export async function withThrowAway(server, name, work) {
  const uri = databaseAt(server, name)
  try {
    return await work(uri)
  } finally {
    await dropDatabase(uri)
  }
}
