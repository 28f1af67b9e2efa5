/**
 * Keycloak -> lines of `portcullis user import`.
 *
 *   node examples/import/keycloak.mjs realm-users-0.json realm-users-1.json --role staff=support > users.jsonl
 *
 * The files are those of `kc.sh export --users different_files`, or a whole realm. `--role theirs=ours` gives our role to
 * whoever has theirs in the realm; everybody is a member.
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { createWriter, fromBase64, instant, lineFrom, longestName, withoutMark } from './records.mjs'

const { positionals: paths, values } = parseArgs({
  allowPositionals: true,
  options: { role: { type: 'string', multiple: true, default: [] } },
})
const roles = new Map(
  values.role.map((pair) => {
    const [theirs = '', ours = ''] = pair.split('=')
    return [theirs, ours]
  }),
)

const writer = createWriter()
for (const path of paths) {
  for (const user of JSON.parse(withoutMark(readFileSync(path, 'utf8'))).users ?? []) {
    if (user.serviceAccountClientId) continue
    if (!user.email) writer.note('without an address, left out')
    else writer.write(lineOf(user))
  }
}
writer.end()

/** @param {Record<string, any>} user */
function lineOf({ email, emailVerified, enabled, createdTimestamp, realmRoles = [], credentials = [], ...names }) {
  const name = [names.firstName, names.lastName].filter((part) => part?.trim()).join(' ')
  const ours = realmRoles.flatMap((/** @type {string} */ role) => roles.get(role) ?? [])
  return {
    email,
    emailVerified: emailVerified === true,
    displayName: lineFrom(name, longestName),
    roles: ours.length === 0 ? undefined : ['member', ...ours],
    createdAt: instant(createdTimestamp),
    suspension: suspensionOf(enabled),
    passwordHash: hashOf(credentials.find((/** @type {{ type: string }} */ { type }) => type === 'password')),
  }
}

/** @param {boolean | undefined} enabled */
function suspensionOf(enabled) {
  if (enabled !== false) return undefined
  writer.note('disabled, suspended')
  return { reason: 'disabled in Keycloak' }
}

/** @param {{ secretData: string, credentialData: string } | undefined} credential */
function hashOf(credential) {
  if (credential === undefined) {
    writer.note('without a password')
    return undefined
  }
  const { value, salt } = JSON.parse(credential.secretData)
  const { algorithm, hashIterations, additionalParameters = {} } = JSON.parse(credential.credentialData)
  const rest = `${fromBase64(salt)}$${fromBase64(value)}`
  switch (algorithm) {
    case 'pbkdf2':
      return `$pbkdf2-sha1$i=${hashIterations}$${rest}`
    case 'pbkdf2-sha256':
    case 'pbkdf2-sha512':
      return `$${algorithm}$i=${hashIterations}$${rest}`
    case 'argon2': {
      const { type = ['id'], version = ['1.3'], memory, parallelism } = additionalParameters
      const cost = `m=${memory[0]},t=${hashIterations},p=${parallelism[0]}`
      return `$argon2${type[0]}$v=${version[0] === '1.0' ? 16 : 19}$${cost}$${rest}`
    }
    default:
      writer.note(`with ${algorithm}, left without a password`)
      return undefined
  }
}
