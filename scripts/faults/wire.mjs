/**
 * As much of MongoDB's wire protocol as it takes to see which command passes: whole messages, the name of a command
 * and the collection it is for, and, where that is not enough, the body.
 * https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
 */
import { mongo } from 'mongoose'

const headerBytes = 16
const opMsg = 2013
const opQuery = 2004
const stringType = 2

/** Cuts a stream of bytes into messages; what is not whole yet waits. */
export function createSplitter() {
  /** @type {Buffer} */
  let rest = Buffer.alloc(0)
  /** @param {Buffer} chunk */
  return function split(chunk) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    /** @type {Buffer[]} */
    const messages = []
    while (rest.length >= headerBytes) {
      const length = rest.readInt32LE(0)
      if (length < headerBytes) throw new RangeError('This is not the wire protocol of MongoDB')
      if (rest.length < length) break
      messages.push(rest.subarray(0, length))
      rest = rest.subarray(length)
    }
    return messages
  }
}

/** @param {Buffer} message */
export function requestId(message) {
  return message.readInt32LE(4)
}

/** The id of the request that this message answers. @param {Buffer} message */
export function answeredId(message) {
  return message.readInt32LE(8)
}

/**
 * The first element of a command is its name, mostly with the collection as value; read without decoding the rest.
 * @param {Buffer} message
 * @returns {{ name: string, collection: string | null } | null}
 */
export function commandOf(message) {
  const body = bodyOffset(message)
  if (body === null) return null
  const nameAt = body + 5
  const nameEnd = message.indexOf(0, nameAt)
  const name = message.toString('latin1', nameAt, nameEnd)
  if (message[body + 4] !== stringType) return { name, collection: null }
  const length = message.readInt32LE(nameEnd + 1)
  return { name, collection: message.toString('utf8', nameEnd + 5, nameEnd + 4 + length) }
}

/**
 * @param {Buffer} message
 * @returns {Record<string, any> | null}
 */
export function bodyOf(message) {
  const body = bodyOffset(message)
  if (body === null) return null
  return mongo.BSON.deserialize(message.subarray(body, body + message.readInt32LE(body)))
}

/**
 * Where the command or the answer begins. OP_MSG has it in a section of kind 0, which drivers send first; OP_QUERY is
 * what connections begin with.
 * @param {Buffer} message
 */
function bodyOffset(message) {
  const code = message.readInt32LE(12)
  if (code === opMsg) return message[headerBytes + 4] === 0 ? headerBytes + 5 : null
  if (code !== opQuery) return null
  const collectionEnd = message.indexOf(0, headerBytes + 4)
  return collectionEnd + 1 + 8
}
