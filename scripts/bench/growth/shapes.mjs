/** Whether what was seeded looks like what the service writes: the same paths, with values of the same BSON types. */
import { Failure } from '../../setup/say.mjs'

/**
 * @typedef {import('mongoose').mongo.Db} Db
 */

const collections = ['users', 'identifiers', 'credentials', 'sessions']

/**
 * @param {Db} db
 * @param {{ seeded: string, written: string }} userIds of somebody seeded, and of somebody who signed up; both have a
 * session that was refreshed
 * @throws Failure
 */
export async function compareShapes(db, { seeded, written }) {
  for (const name of collections) {
    const [ours, theirs] = await Promise.all([shapeOfUser(db, name, seeded), shapeOfUser(db, name, written)])
    if (ours.join() === theirs.join()) continue
    const differing = [
      ...ours.filter((line) => !theirs.includes(line)),
      ...theirs.filter((line) => !ours.includes(line)),
    ]
    throw new Failure(`What is seeded into ${name} is not what the service writes: ${differing.join(', ')}`)
  }
}

/**
 * @param {Db} db
 * @param {string} name
 * @param {string} userId
 */
async function shapeOfUser(db, name, userId) {
  // Of the sessions one that was refreshed: only such a one has everything that a session can have.
  const ofUser =
    name === 'users' || name === 'credentials'
      ? { _id: userId }
      : name === 'sessions'
        ? { userId, 'family.generation': { $gt: 0 } }
        : { userId }
  const document = await db.collection(name).findOne(/** @type {object} */ (ofUser), { promoteValues: false })
  if (document === null) throw new Failure(`${name} has nothing of ${userId}`)
  return shapeOf(document, '').toSorted()
}

/**
 * Of a list, the first element speaks for all.
 * @param {unknown} value
 * @param {string} path
 * @returns {string[]}
 */
function shapeOf(value, path) {
  if (Array.isArray(value)) return value.length === 0 ? [`${path}[] empty`] : shapeOf(value[0], `${path}[]`)
  const type = typeOf(value)
  if (type !== 'Object') return [`${path}: ${type}`]
  const parts = Object.entries(Object(value))
  if (parts.length === 0) return [`${path}: {}`]
  return parts.flatMap(([key, part]) => shapeOf(part, `${path}.${key}`))
}

/** @param {unknown} value */
function typeOf(value) {
  if (value === null) return 'null'
  const type = Reflect.get(Object(value), '_bsontype')
  return typeof type === 'string' ? type : Object(value).constructor.name
}
