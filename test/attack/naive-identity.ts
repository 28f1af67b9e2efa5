import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { GraphQLError } from 'graphql'
import type { Has } from './defects.js'
import { createNaiveTokens } from './naive-tokens.js'

export interface User {
  readonly id: string
  readonly email: string
  displayName: string | null
  hash: string
  roles: string[]
}

interface SessionRecord {
  readonly id: string
  readonly userId: string
  ended: boolean
}

interface RefreshRecord {
  readonly sessionId: string
  successor: string | null
}

export interface Tokens {
  readonly user: User
  readonly session: SessionRecord
  readonly tokens: { accessToken: string; refreshToken: string }
}

export const refusal = (code: string, message: string, more: object = {}) =>
  new GraphQLError(message, { extensions: { code, ...more } })

const newId = (prefix: string) => `${prefix}_${randomBytes(8).toString('hex')}`
const hashOf = (password: string) => `$2b$10$${createHash('sha256').update(password).digest('base64')}`

/** Accounts and sessions in two maps, for as long as a test lasts. Careful, until a defect is switched on. */
export function createNaiveIdentity(has: Has, { ttlSeconds }: { ttlSeconds: number }) {
  const users = new Map<string, User>()
  const sessions = new Map<string, SessionRecord>()
  const refreshes = new Map<string, RefreshRecord>()
  const failures = new Map<string, { count: number; until: number }>()
  /** Who waits between reading and writing. */
  const reading = new Map<string, () => void>()
  const tokens = createNaiveTokens(has, ttlSeconds)

  const userOf = (email: string) => [...users.values()].find((user) => user.email === email.trim().toLowerCase())

  async function signUp(input: Record<string, unknown>, issuer: string): Promise<Tokens | { email: unknown }> {
    const email = String(input.email).trim().toLowerCase()
    const isTaken = userOf(email) !== undefined
    if (has('looks-then-inserts')) await metAnother(`sign-up ${email}`)
    if (isTaken && has('says-that-the-address-is-taken'))
      throw refusal('EMAIL_TAKEN', 'There is an account with this address.')
    if (isTaken) return { email: input.email }
    const own: User = {
      id: newId('usr'),
      email,
      displayName: null,
      hash: hashOf(String(input.password)),
      roles: ['member'],
    }
    const user: User = has('copies-the-input') || has('copies-an-enum') ? { ...own, ...input, email } : own
    users.set(user.id, user)
    return open(user, issuer)
  }

  function open(user: User, issuer: string): Tokens {
    const session = { id: newId('ses'), userId: user.id, ended: false }
    sessions.set(session.id, session)
    return {
      user,
      session,
      tokens: { accessToken: accessToken(user, session, issuer), refreshToken: newRefresh(session.id) },
    }
  }

  function accessToken(user: User, { id }: SessionRecord, issuer: string): string {
    return tokens.issue({
      iss: issuer,
      sub: user.id,
      sid: id,
      ...(has('password-hash-in-token') ? { passwordHash: user.hash } : {}),
      ...(has('address-in-token') ? { email: user.email } : {}),
    })
  }

  function newRefresh(sessionId: string): string {
    const token = randomBytes(24).toString('base64url')
    refreshes.set(token, { sessionId, successor: null })
    return token
  }

  async function signIn(
    email: string,
    password: string,
    forwardedFor: string | undefined,
    issuer: string,
  ): Promise<Tokens> {
    const own = has('brake-by-forwarded-address') ? String(forwardedFor) : email
    const key = has('brakes-everybody') ? 'everybody' : own
    const { count, until } = failures.get(key) ?? { count: 0, until: 0 }
    if (!has('no-brake') && until > Date.now()) {
      const retryAfterSeconds = Math.ceil((until - Date.now()) / 1000)
      throw refusal('RATE_LIMITED', 'Too many attempts. Try again later.', { retryAfterSeconds })
    }
    const user = userOf(email)
    if (user !== undefined && has('hashes-for-known-addresses-only')) await wait(150)
    if (user?.hash === hashOf(password)) {
      failures.delete(key)
      return open(user, issuer)
    }
    const restMs = has('locks-the-owner-out') || has('brakes-everybody') ? 3_600_000 : 1_000
    failures.set(key, { count: count + 1, until: count + 1 >= 5 ? Date.now() + restMs : 0 })
    if (user === undefined && has('says-that-nobody-is-there')) throw refusal('UNKNOWN_USER', 'There is no such user.')
    const http = { status: user === undefined && has('another-status-for-nobody') ? 404 : 200 }
    throw refusal('CREDENTIALS_REJECTED', 'Email or password is wrong.', { http })
  }

  /** Between reading and writing, until somebody else has read the same: how busy the machine is must not decide it. */
  async function metAnother(about: string): Promise<void> {
    const release = reading.get(about)
    if (release !== undefined) return release()
    const met = new Promise<void>((resolve) => reading.set(about, resolve))
    await Promise.race([met, wait(500)])
    reading.delete(about)
  }

  async function refresh(token: string, issuer: string): Promise<Tokens> {
    const record = refreshes.get(token)
    const claims = record === undefined && has('takes-access-for-refresh') ? await tokens.read(token) : null
    const session = sessions.get(record?.sessionId ?? claims?.sid ?? '')
    const user = users.get(session?.userId ?? '')
    if (session === undefined || session.ended || user === undefined)
      throw refusal('REFRESH_REJECTED', 'Sign in again.')
    const answer = (refreshToken: string) => ({
      user,
      session,
      tokens: { accessToken: accessToken(user, session, issuer), refreshToken },
    })
    if (has('never-rotates') || record === undefined) return answer(token)
    if (has('reads-then-rotates') && record.successor === null) await metAnother(token)
    else if (record.successor !== null && !has('spent-tokens-open-new-chains'))
      return answer(newestAfter(record.successor))
    if (record.successor !== null && has('races-end-the-session')) session.ended = true
    record.successor = newRefresh(session.id)
    return answer(record.successor)
  }

  function newestAfter(token: string): string {
    const successor = refreshes.get(token)?.successor ?? null
    return successor === null ? token : newestAfter(successor)
  }

  async function callerOf(token: string): Promise<{ user: User; session: SessionRecord } | null> {
    const asRefresh = has('takes-refresh-for-access') ? refreshes.get(token)?.sessionId : undefined
    const claims = await tokens.read(token)
    const session = sessions.get(asRefresh ?? claims?.sid ?? '')
    // Whoever does not verify believes the subject, too.
    const user = users.get((has('decodes-and-does-not-verify') ? claims?.sub : undefined) ?? session?.userId ?? '')
    if (session === undefined || user === undefined) return null
    return session.ended && !has('sign-out-ends-nothing') ? null : { user, session }
  }

  function signOut(session: SessionRecord): boolean {
    if (has('sign-out-leaves-the-refresh-token')) {
      // The access token is put on a list; the family goes on under another session.
      const heir = { ...session, id: newId('ses') }
      sessions.set(heir.id, heir)
      for (const [token, record] of refreshes)
        if (record.sessionId === session.id) refreshes.set(token, { ...record, sessionId: heir.id })
    }
    if (!has('sign-out-ends-nothing')) session.ended = true
    return true
  }

  function changePassword(user: User, session: SessionRecord, currentPassword: string, newPassword: string): boolean {
    if (user.hash !== hashOf(currentPassword)) throw refusal('CREDENTIALS_REJECTED', 'The password is wrong.')
    user.hash = hashOf(newPassword)
    const others = [...sessions.values()].filter((each) => each.userId === user.id && each.id !== session.id)
    if (!has('sessions-survive-a-new-password')) for (const each of others) each.ended = true
    return true
  }

  return { users, sessions, jwks: tokens.jwks, userOf, signUp, signIn, refresh, callerOf, signOut, changePassword }
}

export type NaiveIdentity = ReturnType<typeof createNaiveIdentity>
