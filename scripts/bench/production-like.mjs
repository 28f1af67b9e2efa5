import { randomBytes } from 'node:crypto'
import { outboxFolder } from '../outbox-folder.mjs'

/**
 * The settings of production, but for a port of its own and what is given. `test` only allows what production refuses.
 * @param {string} mongodbUri
 * @param {Record<string, string>} [further]
 * @returns {Record<string, string>}
 */
export function productionLike(mongodbUri, further = {}) {
  return {
    NODE_ENV: 'test',
    HOST: '127.0.0.1',
    PORT: '0',
    PUBLIC_URL: 'http://portcullis.test',
    MONGODB_URI: mongodbUri,
    PORTCULLIS_SECRET: randomBytes(32).toString('base64'),
    SIGN_UP: 'open',
    MAIL_URL: outboxFolder,
    ...further,
  }
}
