/**
 * What is remembered about a population in its own database, and what a server needs to serve it. Apart from the
 * seeding, which brings half of the service along.
 */
import { outboxFolder } from '../../outbox-folder.mjs'
import { Failure } from '../../setup/say.mjs'
import { secretOf } from './population.mjs'

/**
 * @typedef {import('./population.mjs').Population} Population
 * @typedef {import('mongoose').Connection} Connection
 *
 * @typedef {object} Note what is kept about a population, in its own database
 * @property {'population'} _id
 * @property {Population} population
 * @property {Date} at
 * @property {string} passwordHash
 * @property {number} done users of whom everything is written
 * @property {number} picked see `spread`
 */

/**
 * What a server needs to serve the population, and the load to know its tokens. The hashes are cheap: this is about
 * the database, and a hash would be most of what is measured.
 * @param {Population} population
 * @param {string} mongodbUri
 * @returns {Record<string, string>}
 */
export function environmentFor(population, mongodbUri) {
  return {
    NODE_ENV: 'test',
    HOST: '127.0.0.1',
    PORT: '0',
    PUBLIC_URL: 'http://portcullis.test',
    MONGODB_URI: mongodbUri,
    PORTCULLIS_SECRET: secretOf(population),
    TRUST_PROXY: '127.0.0.1',
    SIGN_UP: 'open',
    MAIL_URL: outboxFolder,
    ARGON2_MEMORY: '64KiB',
    ARGON2_PASSES: '1',
  }
}

/** What was noted, or null. @param {Connection} connection */
export function readNote(connection) {
  return notes(connection).findOne({ _id: 'population' })
}

/**
 * Of how many picks nobody has had yet; they are taken before they are used.
 * @param {Connection} connection
 * @param {number} count
 */
export async function takePicks(connection, count) {
  const note = await notes(connection).findOneAndUpdate({ _id: 'population' }, { $inc: { picked: count } })
  if (note === null) throw new Failure('This database has no population')
  return note.picked
}

/**
 * @param {Connection} connection
 * @returns {import('mongoose').mongo.Collection<Note>}
 */
export function notes(connection) {
  return connection.getClient().db(connection.name).collection('growth')
}
