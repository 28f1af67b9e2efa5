/**
 * What all checks share: asking, and people of their own to ask as. Nobody else's account is ever tried: addresses are
 * those that whoever runs this gave, or random ones of example.com, which receives no mail (RFC 2606).
 */
import type { Clock } from '../kernel/clock.js'
import type { Random } from '../kernel/random.js'
import { NotApplicable, Undecided } from './check.js'
import type { Answer, Client } from './client.js'
import { written, type OperationName, type Operations } from './operations.js'
import { watchAnswers, type Sightings } from './sightings.js'
import {
  appearanceOf,
  hasData,
  isThrottled,
  isUnavailable,
  isUnknownToSchema,
  replyOf,
  retryAfterMs,
  sessionOf,
  type Reply,
  type Session,
} from './reply.js'

export interface Credentials {
  readonly email: string
  readonly password: string
}

export interface Person extends Credentials {
  /** Signed up by us a moment ago: may be changed at will. */
  readonly isOurs: boolean
  readonly session: Session
}

export interface How {
  readonly token?: string | null
  readonly headers?: Readonly<Record<string, string>>
  readonly variables?: Readonly<Record<string, unknown>>
}

export interface AttackSettings {
  /** Of a page that may use cookies. */
  readonly origin: string
  /** How long a check may wait for a token to expire or a grace to end. */
  readonly patienceMs: number
  /** Pairs of sign-ins that are timed. */
  readonly samples: number
  readonly person: Credentials | null
  readonly second: Credentials | null
}

export interface Attack {
  readonly client: Client
  readonly settings: AttackSettings
  readonly clock: Clock
  readonly random: Random
  readonly sightings: Sightings
  /** The text of a root field. */
  readonly field: (name: OperationName, values?: Readonly<Record<string, string>>) => string
  /** @throws Undecided when the server is unavailable or throttles: neither is a verdict */
  readonly ask: (query: string, how?: How) => Promise<Reply>
  /** As `ask`, where being throttled is an answer. */
  readonly askAnyhow: (query: string, how?: How) => Promise<Reply>
  /** Somebody of ours. @throws NotApplicable when there is no way to be somebody */
  readonly one: () => Promise<Person>
  /** The same, with a new session: a refused sign-in says something only after an honest one. */
  readonly signedIn: () => Promise<Person>
  /** Somebody else of ours. */
  readonly two: () => Promise<Person>
  /** A new session of the same person. */
  readonly signIn: (person: Credentials) => Promise<Session>
  readonly stranger: () => Credentials
}

export interface AttackParts {
  readonly client: Client
  readonly operations: Operations
  readonly settings: AttackSettings
  readonly clock: Clock
  readonly random: Random
}

export function createAttack({ client, operations, settings, clock, random }: AttackParts): Attack {
  const sightings = watchAnswers(client)
  const field = (name: OperationName, values: Readonly<Record<string, string>> = {}) =>
    written(operations[name], values)

  async function askAnyhow(query: string, how: How = {}): Promise<Reply> {
    for (let attempt = 1; ; attempt += 1) {
      const reply = replyOf(await client.send(graphqlRequest(query, how)))
      if (!isUnavailable(reply)) return reply
      if (attempt === 3) throw new Undecided('The server says that it is unavailable.')
      await client.wait(attempt * 500)
    }
  }

  async function ask(query: string, how: How = {}): Promise<Reply> {
    const reply = await askAnyhow(query, how)
    if (isThrottled(reply)) {
      throw new Undecided(`The server throttles us; try again in ${Math.ceil(retryAfterMs(reply) / 1000)} s.`)
    }
    return reply
  }

  const stranger = (): Credentials => ({
    email: `attack.${random(8).toString('hex')}@example.com`,
    password: `Aa1!${random(15).toString('base64url')}`,
  })

  async function signIn({ email, password }: Credentials): Promise<Session> {
    sightings.expectNowhere(password)
    const reply = await ask(`mutation { ${field('signIn', { email, password })} }`)
    if (isUnknownToSchema(reply)) throw new NotApplicable('There is no such sign-in (see --operations).')
    const session = sessionOf(reply)
    if (session === null) throw new NotApplicable(`The account cannot sign in: ${appearanceOf(reply)}.`)
    return session
  }

  async function enter(given: Credentials | null, option: string): Promise<Person> {
    if (given !== null) return { ...given, isOurs: false, session: await signIn(given) }
    const person = stranger()
    sightings.expectNowhere(person.password)
    const reply = await ask(`mutation { ${field('signUp', { ...person })} }`)
    const session = sessionOf(reply)
    if (session !== null) return { ...person, isOurs: true, session }
    throw new NotApplicable(`Nobody to be: no sign-up (${appearanceOf(reply)}), and no ${option} was given.`)
  }

  const one = once(() => enter(settings.person, '--email'))
  const two = once(() => enter(settings.second, '--second-email'))
  const signedIn = async (): Promise<Person> => {
    const person = await one()
    return { ...person, session: await signIn(person) }
  }
  return { client, settings, clock, random, sightings, field, ask, askAnyhow, one, signedIn, two, signIn, stranger }
}

export const json = { 'content-type': 'application/json' }

export function graphqlRequest(query: string, { token, headers = {}, variables }: How) {
  return {
    headers: { ...json, ...(typeof token === 'string' ? bearer(token) : {}), ...headers },
    body: JSON.stringify({ query, variables }),
  }
}

export const bearer = (token: string): { authorization: string } => ({ authorization: `Bearer ${token}` })

/** Its own id, whole answer and all: nothing that differs from one request to the next. */
export function wholeAnswer({ status, text, headers }: Answer, ...alike: readonly string[]): string {
  const names = Object.keys(headers).filter((name) => !/^(date|connection|keep-alive|content-length|etag)$/.test(name))
  const body = alike.reduce((rest, each) => rest.replaceAll(each, '…'), text)
  return `${status} ${names.sort().join(' ')} ${body}`
}

/** Made when first asked for; a failure is remembered, too, so that each check that needs it says the same. */
function once<Result>(make: () => Promise<Result>): () => Promise<Result> {
  let made: Promise<Result> | null = null
  return () => (made ??= make())
}

/** @throws NotApplicable where the server signs nobody in with a token that it gives away */
export function accessTokenOf({ accessToken }: Session): string {
  if (accessToken === null) throw new NotApplicable('A sign-in gives no access token in its answer.')
  return accessToken
}

export function refreshTokenOf({ refreshToken }: Session): string {
  if (refreshToken === null) throw new NotApplicable('A sign-in gives no refresh token in its answer.')
  return refreshToken
}

/** Where the simplest question is not answered, it says nothing that a large one is not. @throws Undecided */
export async function demandAnswers({ ask }: Pick<Attack, 'ask'>): Promise<void> {
  const reply = await ask('{ __typename }')
  if (!hasData(reply)) throw new Undecided(`Not even { __typename } is answered: ${appearanceOf(reply)}.`)
}
