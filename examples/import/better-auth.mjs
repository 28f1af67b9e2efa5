/**
 * better-auth -> lines of `portcullis user import`.
 *
 *   node examples/import/better-auth.mjs people.jsonl > users.jsonl
 *
 * people.jsonl: the table `user`, each with the `password` of its `account` whose provider is `credential`
 * (docs/moving-users-in.md has the query).
 */
import { bare, createWriter, instant, lineFrom, longestName, recordsIn } from './records.mjs'

const writer = createWriter()
for await (const person of recordsIn(process.argv[2] ?? '/dev/stdin')) {
  writer.write(lineOf(person))
}
writer.end()

/** @param {Record<string, any>} person */
function lineOf({ email, emailVerified, name, createdAt, password, ...ban }) {
  return {
    email,
    emailVerified: isTrue(emailVerified),
    displayName: lineFrom(name, longestName),
    createdAt: instant(createdAt),
    suspension: suspensionOf(ban),
    passwordHash: hashOf(password),
  }
}

/**
 * A ban that has ended is none; one that will end is a suspension that somebody has to end.
 * @param {Record<string, any>} ban
 */
function suspensionOf({ banned, banReason, banExpires }) {
  // Whatever else is in it, it is no false.
  const isBanned = !/^(?:|0|f|false|n|no)$/i.test(String(banned ?? ''))
  if (!isBanned || (banExpires && hasPassed(banExpires))) return undefined
  writer.note(banExpires ? 'banned for a time, suspended until reinstated' : 'banned, suspended')
  return { reason: lineFrom(banReason, 500) ?? 'banned in better-auth' }
}

/** What cannot be read has not passed. @param {unknown} time */
function hasPassed(time) {
  return Date.parse(instant(time) ?? '') <= Date.now()
}

/**
 * `salt:key` in hex, scrypt with N=16384, r=16, p=1. What went into scrypt is the text of the salt, not its bytes.
 * @param {unknown} password
 */
function hashOf(password) {
  if (typeof password !== 'string') {
    writer.note('without a password')
    return undefined
  }
  const [, salt, key] = /^([0-9a-f]{32}):([0-9a-f]{128})$/.exec(password) ?? []
  if (salt !== undefined && key !== undefined) {
    return `$scrypt$ln=14,r=16,p=1$${bare(Buffer.from(salt))}$${bare(Buffer.from(key, 'hex'))}`
  }
  // Of a hash function of your own (`emailAndPassword.password.hash`): argon2 and bcrypt are understood as they are.
  return password
}

/** SQLite has 0 and 1. @param {unknown} value */
function isTrue(value) {
  return value === true || value === 1
}
