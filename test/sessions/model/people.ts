import { anonymous, type Person } from '../../../src/kernel/caller.js'
import { DomainError, Unavailable } from '../../../src/kernel/errors.js'
import type { SignedInSession } from '../../../src/sessions/service.js'
import { goodPassword, newEmail, signedInBy } from '../../support/people.js'
import type { SessionModelService } from './service.js'

/** A session as its client knows it. */
export interface KnownSession {
  readonly id: string
  /** Every token that it was ever given, oldest first. */
  readonly refreshTokens: string[]
  readonly accessTokens: string[]
}

/** Somebody as the model knows them: what it expects of the service follows from this and from what was answered. */
export interface KnownPerson {
  readonly userId: string
  readonly email: string
  password: string
  passwordChanges: number
  isSuspended: boolean
  roles: readonly string[]
  living: KnownSession[]
  /** Those that ended lately: they must stay so. */
  ended: KnownSession[]
}

const arrival = {
  ip: '127.0.0.1',
  device: { name: 'test', ipPrefix: null },
  deviceTokens: [],
  delivery: 'body',
  languages: [],
} as const

export async function newPerson({ accounts }: SessionModelService): Promise<KnownPerson> {
  const email = newEmail()
  const { user, ...signedIn } = signedInBy(await accounts.signUp({ email, password: goodPassword }, arrival))
  const person = { email, password: goodPassword, passwordChanges: 0, isSuspended: false, roles: user.roles }
  return { ...person, userId: user.id, living: [sessionOf(signedIn)], ended: [] }
}

export function sessionOf(signedIn: Omit<SignedInSession, 'user'>): KnownSession {
  return {
    id: signedIn.session.id,
    refreshTokens: [signedIn.refreshToken],
    accessTokens: [signedIn.access.accessToken],
  }
}

/** What became of something that was tried. No verdict is none: then it may have been done, or not. */
export type Answer<Value> = { readonly done: Value } | 'refused' | 'no verdict'

export async function answerOf<Value>(work: () => Promise<Value>): Promise<Answer<Value>> {
  try {
    return { done: await work() }
  } catch (cause) {
    if (cause instanceof Unavailable) return 'no verdict'
    if (cause instanceof DomainError) return 'refused'
    throw cause
  }
}

export const isDone = <Value>(answer: Answer<Value>): answer is { readonly done: Value } => typeof answer === 'object'

export async function signIn(service: SessionModelService, { email, password }: KnownPerson): Promise<KnownSession> {
  return sessionOf(signedInBy(await service.signIn.signIn({ email, password }, arrival)))
}

/** A session of the person as it is now, without a proof: what signing in does after it. */
export async function startSession(
  { users, sessions }: SessionModelService,
  person: KnownPerson,
): Promise<KnownSession> {
  const user = await users.find(person.userId)
  if (user === null) throw new Error('Nobody deletes people')
  return sessionOf(await sessions.start({ user, assurance: 'aal1', ...arrival }))
}

/** With the newest token, or with the one before it, as a tab does that missed an answer. */
export async function refresh(service: SessionModelService, session: KnownSession, back = 0): Promise<void> {
  const token = session.refreshTokens.at(-1 - back) ?? newest(session.refreshTokens)
  const { refreshToken, access } = await service.sessions.refresh(token, 'body', anonymous)
  if (!session.refreshTokens.includes(refreshToken)) session.refreshTokens.push(refreshToken)
  session.accessTokens.push(access.accessToken)
}

/** The caller that the newest access token of a session makes. */
export async function callerIn({ callers }: SessionModelService, session: KnownSession): Promise<Person> {
  const caller = await callers.resolve(newest(session.accessTokens))
  if (caller.kind !== 'person') throw new Error('A session is a person’s')
  return caller
}

export function newest(tokens: readonly string[]): string {
  const token = tokens.at(-1)
  if (token === undefined) throw new Error('A session has had a token from its beginning')
  return token
}
