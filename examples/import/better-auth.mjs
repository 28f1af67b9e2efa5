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
  if (isTrue(person.banned)) writer.note('banned, left out')
  else writer.write(lineOf(person))
}
writer.end()

/** @param {Record<string, any>} person */
function lineOf({ email, emailVerified, name, createdAt, password }) {
  return {
    email,
    emailVerified: isTrue(emailVerified),
    displayName: name?.trim() ? name : undefined,
    createdAt: instant(createdAt),
    passwordHash: hashOf(password),
  }
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
