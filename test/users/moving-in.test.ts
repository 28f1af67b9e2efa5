import { execFileSync } from 'node:child_process'
import { pbkdf2Sync, randomBytes, scryptSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { hashSync } from '@node-rs/bcrypt'
import { goodPassword, newEmail, signIn } from '../support/people.js'
import { startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'
import { importUsers } from '../support/imports.js'

let server: TestPortcullis
const folder = mkdtempSync(join(tmpdir(), 'portcullis-moving-in-'))
beforeAll(async () => {
  server = await startTestPortcullis()
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

const file = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const exportsOf: Readonly<Record<string, (email: string) => readonly string[]>> = {
  keycloak(email) {
    const salt = randomBytes(16)
    const value = pbkdf2Sync(goodPassword, salt, 27_500, 64, 'sha256').toString('base64')
    const credential = {
      type: 'password',
      secretData: JSON.stringify({ value, salt: salt.toString('base64') }),
      credentialData: JSON.stringify({ hashIterations: 27_500, algorithm: 'pbkdf2-sha256' }),
    }
    return [file('realm.json', JSON.stringify({ users: [{ email, emailVerified: true, credentials: [credential] }] }))]
  },
  'better-auth'(email) {
    const salt = randomBytes(16).toString('hex')
    const key = scryptSync(goodPassword, salt, 64, { N: 16_384, r: 16, p: 1, maxmem: 2 ** 26 }).toString('hex')
    return [file('people.jsonl', `${JSON.stringify({ email, emailVerified: true, password: `${salt}:${key}` })}\n`)]
  },
  auth0(email) {
    const user = { email, email_verified: true, name: 'Ada' }
    const password = { email, password_hash: hashSync(goodPassword, { cost: 4 }) }
    return [file('users.jsonl', `${JSON.stringify(user)}\n`), file('hashes.jsonl', `${JSON.stringify(password)}\n`)]
  },
}

test.each(Object.keys(exportsOf))('people of %s sign in with the password they had', async (system) => {
  const email = newEmail()
  const script = join(import.meta.dirname, '..', '..', 'examples', 'import', `${system}.mjs`)
  const lines = execFileSync(process.execPath, [script, ...(exportsOf[system]?.(email) ?? [])], { stdio: 'pipe' })
  const outcome = await importUsers(server.app, [file(`${system}.lines.jsonl`, lines.toString())])
  expect(outcome.code).toBe(0)
  await signIn(server.ask, { email, password: goodPassword })
})
