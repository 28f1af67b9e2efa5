/**
 * Auth0 -> lines of `portcullis user import`.
 *
 *   node examples/import/auth0.mjs users.jsonl passwords.jsonl > users.import.jsonl
 *
 * users.jsonl: a user export job (Management API). passwords.jsonl: the export of password hashes that Auth0 support
 * makes; or a file as it was once imported into Auth0, with `password_hash` or `custom_password_hash`. Records of the
 * same address are put together, so everything is in memory.
 */
import { bare, createWriter, fromBase64, instant, lineFrom, longestName, recordsIn } from './records.mjs'

const writer = createWriter()
/** @type {Map<string, Record<string, any>>} */
const people = new Map()
for (const path of process.argv.slice(2)) {
  for await (const record of recordsIn(path)) {
    const address = String(record.email ?? '').toLowerCase()
    if (address === '') writer.note('without an address, left out')
    else people.set(address, { ...people.get(address), ...record })
  }
}
for (const person of people.values()) writer.write(lineOf(person))
writer.end()

/** @param {Record<string, any>} person */
function lineOf(person) {
  // Where nobody gave a name, Auth0 takes the address.
  const name = person.name?.toLowerCase() === person.email.toLowerCase() ? undefined : person.name
  return {
    email: person.email,
    emailVerified: person.email_verified === true,
    displayName: lineFrom(name, longestName),
    createdAt: instant(person.created_at?.$date ?? person.created_at),
    suspension: suspensionOf(person),
    passwordHash: hashOf(person),
  }
}

/** @param {Record<string, any>} person */
function suspensionOf({ blocked }) {
  if (blocked !== true) return undefined
  writer.note('blocked, suspended')
  return { reason: 'blocked in Auth0' }
}

/** @param {Record<string, any>} person */
function hashOf(person) {
  const bcrypt = person.passwordHash ?? person.password_hash
  if (typeof bcrypt === 'string') return bcrypt
  const custom = person.custom_password_hash
  const hash = custom === undefined ? undefined : customHash(custom)
  if (hash === undefined)
    writer.note(custom ? `with ${custom.algorithm}, left without a password` : 'without a password')
  return hash
}

/** @param {Record<string, any>} custom */
function customHash({ algorithm, hash, salt, keylen = 64, cost = 16384, blockSize = 8, parallelization = 1 }) {
  switch (algorithm) {
    case 'bcrypt':
    case 'argon2':
      return hash.value
    case 'pbkdf2':
      return pbkdf2(hash.value)
    case 'scrypt': {
      const key = Buffer.from(hash.value, hash.encoding ?? 'base64')
      const ours = `$scrypt$ln=${Math.log2(cost)},r=${blockSize},p=${parallelization}`
      const bytes = Buffer.from(salt?.value ?? '', salt?.encoding ?? 'utf8')
      return key.length === keylen ? `${ours}$${bare(bytes)}$${bare(key)}` : undefined
    }
    default:
      return undefined
  }
}

/** `$pbkdf2-sha256$i=100000,l=64$salt$key`: here the length is that of the key. @param {string} value */
function pbkdf2(value) {
  const [, form, iterations, salt, key] =
    /^\$(pbkdf2-sha(?:1|256|512))\$i=(\d+)(?:,l=\d+)?\$([^$]+)\$([^$]+)$/.exec(value) ?? []
  if (salt === undefined || key === undefined) return undefined
  return `$${form}$i=${iterations}$${fromBase64(salt)}$${fromBase64(key)}`
}
