/**
 * What the population takes on disk, as MongoDB says it.
 *
 * @typedef {object} CollectionSize in bytes for one document
 * @property {string} collection
 * @property {number} documents
 * @property {number} document as it is sent
 * @property {number} stored as it lies in the file, compressed
 * @property {number} indexes
 * @property {Record<string, number>} index
 */

/**
 * @param {import('mongoose').Connection} connection
 * @returns {Promise<CollectionSize[]>}
 */
export async function sizesOf(connection) {
  const client = connection.getClient()
  // What is only in the journal so far is in no file.
  await client.db('admin').command({ fsync: 1 })
  const db = client.db(connection.name)
  return Promise.all(
    ['users', 'identifiers', 'credentials', 'sessions'].map(async (collection) => {
      const [stats] = await db
        .collection(collection)
        .aggregate([{ $collStats: { storageStats: {} } }])
        .toArray()
      const { count, size, storageSize, totalIndexSize, indexSizes } = stats?.['storageStats'] ?? {}
      const each = (/** @type {unknown} */ bytes) => Math.round(Number(bytes) / Number(count))
      return {
        collection,
        documents: Number(count),
        document: each(size),
        stored: each(storageSize),
        indexes: each(totalIndexSize),
        index: Object.fromEntries(Object.entries(Object(indexSizes)).map(([name, bytes]) => [name, each(bytes)])),
      }
    }),
  )
}

/**
 * A user is three documents.
 * @param {readonly CollectionSize[]} sizes
 */
export function bytesPerPerson(sizes) {
  const sum = (/** @type {readonly CollectionSize[]} */ of, /** @type {'stored' | 'indexes'} */ what) =>
    of.reduce((total, size) => total + size[what], 0)
  const ofUsers = sizes.filter(({ collection }) => collection !== 'sessions')
  const ofSessions = sizes.filter(({ collection }) => collection === 'sessions')
  return {
    user: { stored: sum(ofUsers, 'stored'), indexes: sum(ofUsers, 'indexes') },
    session: { stored: sum(ofSessions, 'stored'), indexes: sum(ofSessions, 'indexes') },
  }
}
