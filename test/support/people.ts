import { randomBytes } from 'node:crypto'
import type { VerificationSent } from '../../src/accounts/service.js'
import type { SignedInSession } from '../../src/sessions/service.js'
import type { SecondFactorChallenge } from '../../src/sign-in/service.js'
import type { Ask } from './portcullis.js'

export const goodPassword = 'quick zebra jumps'

export interface SignedInPerson {
  readonly email: string
  readonly password: string
  readonly userId: string
  readonly sessionId: string
  readonly accessToken: string
  readonly refreshToken: string
}

const signedInFields = 'user { id email } session { id } tokens { accessToken refreshToken expiresIn tokenType }'

export const signUpMutation = `mutation ($input: SignUpInput!) { signUp(input: $input) { ... on SignedIn { ${signedInFields} } } }`
export const signInMutation = `mutation ($input: SignInInput!) { signIn(input: $input) { ... on SignedIn { ${signedInFields} } } }`
export const refreshMutation = `mutation ($token: String) { refreshSession(input: { refreshToken: $token }) { ${signedInFields} } }`

export function newEmail(): string {
  return `ada.${randomBytes(6).toString('hex')}@example.com`
}

/** Somebody new, signed up and in. */
export async function signUp(ask: Ask, email = newEmail(), password = goodPassword): Promise<SignedInPerson> {
  const answer = await ask(signUpMutation, { variables: { input: { email, password } } })
  if (answer.errors.length > 0) throw new Error(`Sign-up failed: ${answer.text}`)
  return personOf(answer.data.signUp, email, password)
}

/** The same person again, in a new session. */
export async function signIn(ask: Ask, { email, password }: { email: string; password: string }) {
  const answer = await ask(signInMutation, { variables: { input: { email, password } } })
  if (answer.errors.length > 0) throw new Error(`Sign-in failed: ${answer.text}`)
  return personOf(answer.data.signIn, email, password)
}

/** What came of a sign-up where sign-up is open, or of a sign-in without a second factor. */
export function signedInBy(result: SignedInSession | VerificationSent | SecondFactorChallenge): SignedInSession {
  if ('session' in result) return result
  throw new Error('Nobody was signed in')
}

export async function refresh(ask: Ask, refreshToken: string, token?: string) {
  return ask(refreshMutation, { variables: { token: refreshToken }, ...(token === undefined ? {} : { token }) })
}

interface SignedInAnswer {
  user: { id: string }
  session: { id: string }
  tokens: { accessToken: string; refreshToken: string }
}

function personOf({ user, session, tokens }: SignedInAnswer, email: string, password: string): SignedInPerson {
  const { accessToken, refreshToken } = tokens
  return { email, password, userId: user.id, sessionId: session.id, accessToken, refreshToken }
}
