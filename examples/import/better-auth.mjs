/**
 * better-auth -> lines of `portcullis user import`.
 *
 *   node examples/import/better-auth.mjs people.jsonl > users.jsonl
 *
 * people.jsonl: the table `user`, each with the `password` of its `account` whose provider is `credential`
 * (docs/moving-users-in.md has the query).
 */
import { bare, createWriter, instant, recordsIn } from './records.mjs'

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
    displayName: name?.trim() ? name : undefined,
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
  if (!isTrue(banned) || (banExpires && hasPassed(banExpires))) return undefined
  writer.note(banExpires ? 'banned for a time, suspended until reinstated' : 'banned, suspended')
  // In one line and no longer than ours: a reason must keep nobody from being kept out.
  const reason = String(banReason ?? '').replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
  return { reason: reason.trim() === '' ? 'banned in better-auth' : reason.slice(0, 500) }
}

/** What cannot be read has not passed. Numbers are seconds or milliseconds, by the database. @param {unknown} time */
function hasPassed(time) {
  return Date.parse(instant(typeof time === 'number' && time < 1e11 ? time * 1000 : time) ?? '') <= Date.now()
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
