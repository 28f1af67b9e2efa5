import { graphql, type GraphQLSchema } from 'graphql'
import { createAuthorization, ownAccess } from '../../src/access-control.js'
import type { Policy } from '../../src/authorization/index.js'
import { door } from '../../src/door.js'
import { createContext, type Services } from '../../src/graphql/context.js'
import { createFormatError } from '../../src/graphql/errors.js'
import type { App } from '../../src/app.js'
import { machineOf, personOf, type Caller } from '../../src/kernel/caller.js'
import { systemClock } from '../../src/kernel/clock.js'
import type { Subject } from '../../src/kernel/subject.js'
import type { Ask } from '../support/portcullis.js'

export interface Reply {
  // oxlint-disable-next-line typescript/no-explicit-any -- answers are read by tests that say what they expect of them
  readonly data: any
  /** The path holds names only: which element of a list it was does not matter. */
  readonly errors: readonly { readonly path: readonly string[]; readonly code: string }[]
}

export type Asker = (operation: string, variables?: Readonly<Record<string, unknown>>) => Promise<Reply>

interface WireError {
  readonly path?: readonly unknown[] | undefined
  readonly extensions?: Readonly<Record<string, unknown>> | undefined
}

const replyOf = (data: unknown, errors: readonly WireError[]): Reply => ({
  data,
  errors: errors.map(({ path = [], extensions = {} }) => ({
    path: path.filter((step) => typeof step === 'string'),
    code: String(extensions['code']),
  })),
})

/** A database that is too busy gives no verdict, and that is none to compare: then the same is asked again. */
function decided(ask: Asker): Asker {
  return async (operation, variables) => {
    for (let attempt = 1; ; attempt += 1) {
      const reply = await ask(operation, variables)
      if (attempt === 10 || reply.errors.every(({ code }) => code !== 'UNAVAILABLE')) return reply
    }
  }
}

/** Over HTTP, as everybody asks. */
export function httpAsker(ask: Ask, token?: string): Asker {
  return decided(async (operation, variables = {}) => {
    const { data, errors } = await ask(operation, { variables, ...(token === undefined ? {} : { token }) })
    return replyOf(data, errors)
  })
}

const format = createFormatError((error) => {
  throw new Error('Nobody foresaw this', { cause: error })
})

/** Of the services behind a running server, without its HTTP: for callers that cannot authenticate over HTTP yet. */
export function inProcessAsker(
  app: App,
  caller: Caller,
  { schema, policy }: { schema: GraphQLSchema; policy: Policy },
): Asker {
  const services: Services = { ...app, authorization: createAuthorization(ownAccess(policy), systemClock) }
  return decided(async (source, variableValues = {}) => {
    const contextValue = contextFor(services, caller)
    // What admission does for an operation whose door line says that it signs somebody in.
    contextValue.maySwitchCaller = door.switchesCaller(/^mutation[^{]*\{ (\w+)/.exec(source)?.[1] ?? '')
    const { data, errors = [] } = await graphql({ schema, source, contextValue, variableValues })
    return replyOf(
      data,
      errors.map((error) => format(error.toJSON(), error)),
    )
  })
}

export function contextFor(services: Services, caller: Caller) {
  return createContext({
    services,
    identification:
      caller.kind === 'anonymous' ? { outcome: 'anonymous' } : { outcome: 'caller', caller, token: 'of no use' },
    presented: { accessToken: null, refreshCookie: null, deviceCookie: null, hasCookies: false },
    request: { id: 'test', ip: '127.0.0.1', userAgent: null, languages: [] },
    router: true,
    cookies: { setSession: () => undefined, clearSession: () => undefined, setDevice: () => undefined },
    callers: { resolve: () => caller },
    cookieOriginFault: () => null,
  })
}

export function asMachine(owner: Subject, policy: Policy, scopes: readonly string[] = [...policy.permissions]): Caller {
  const holdings = policy.holdingsOfMachine(scopes, owner)
  return machineOf({ machineId: `key_${'0'.repeat(26)}`, owner, scopes, holdings })
}

export function asPerson(user: Subject, sessionId: string, policy: Policy, authenticatedAt = new Date()): Caller {
  return personOf({ user, sessionId, holdings: policy.holdingsOf(user), assurance: 'aal1', authenticatedAt })
}
