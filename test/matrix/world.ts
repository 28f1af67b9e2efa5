import type { GraphQLSchema } from 'graphql'
import { pino } from 'pino'
import { guardedSchema, ownAccess } from '../../src/access-control.js'
import type { Policy } from '../../src/authorization/index.js'
import { createMetrics } from '../../src/http/metrics.js'
import { anonymous } from '../../src/kernel/caller.js'
import { systemClock } from '../../src/kernel/clock.js'
import { Unavailable } from '../../src/kernel/errors.js'
import type { Subject } from '../../src/kernel/subject.js'
import { goodPassword, newEmail, refresh, signIn, type SignedInPerson } from '../support/people.js'
import { startTestPortcullis } from '../support/portcullis.js'
import { asMachine, asPerson, httpAsker, inProcessAsker, type Asker } from './askers.js'

/** Somebody of one kind, and what belongs to that caller. */
export interface Actor {
  readonly asks: Asker
  /** Null: nobody. */
  readonly account: SignedInPerson | null
}

/** One kind of caller. */
export interface Column {
  readonly name: string
  /** Signed in long ago, and used for everything that leaves no trace. */
  readonly standing: Actor
  /** Somebody whom nobody else uses, proven just now. */
  readonly fresh: () => Promise<Actor>
}

/** An authenticator app that everybody has, to be renamed and removed; nobody is asked for a code of it. */
export function appOf({ userId }: { readonly userId: string }): string {
  return userId.replace('usr_', 'aut_')
}

/** A device that everybody is known by, to be forgotten. */
export function deviceOf({ userId }: { readonly userId: string }): string {
  return userId.replace('usr_', 'dev_')
}

/** A machine that is too busy gives no verdict: then it is asked again, with somebody new. */
export async function unlessBusy<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; attempt < 5; attempt += 1) {
    try {
      return await ask()
    } catch (cause) {
      if (!(cause instanceof Unavailable)) throw cause
    }
  }
  return ask()
}

export type World = Awaited<ReturnType<typeof startWorld>>

/** The server's own, or others to be looked at. */
interface Rules {
  readonly policy: Policy
  readonly schema: GraphQLSchema
}

/** As the server itself is guarded. */
export function rulesFor(policy: Policy): Rules {
  const logger = pino({ level: 'silent' })
  return {
    policy,
    schema: guardedSchema({ access: ownAccess(policy), clock: systemClock, logger, metrics: createMetrics() }),
  }
}

function nobodyWho(asks: Asker): Column {
  const nobody: Actor = { account: null, asks }
  return { name: 'anonymous', standing: nobody, fresh: async () => nobody }
}

async function inProcess(name: string, fresh: () => Promise<Actor>): Promise<Column> {
  return { name, standing: await fresh(), fresh }
}

/** A running server, and people of every role who know each other's ids. */
export async function startWorld() {
  const server = await startTestPortcullis({ SIGN_UP: 'verified' })
  const { app, ask } = server
  const documents = (collection: string) => app.database.connection.collection<{ _id: string }>(collection)

  const made = async (role: string) => {
    const [user] = await unlessBusy(() =>
      app.accounts.provision([{ email: newEmail(), password: goodPassword, roles: [role] }]),
    )
    if (user === undefined) throw new Error('Nobody was made')
    const phone = { userId: user.id, kind: 'totp', name: 'Phone', sealedSecret: '-', keyId: '-', lastStep: 0 }
    const unused = { createdAt: user.createdAt, lastUsedAt: null }
    await documents('authenticators').insertOne({ _id: appOf({ userId: user.id }), ...phone, ...unused })
    const seen = { createdAt: user.createdAt, lastUsedAt: user.createdAt, securityVersion: user.securityVersion }
    const device = { userId: user.id, digest: `of ${user.id}`, name: 'Firefox on Linux', ipPrefix: null }
    await documents('devices').insertOne({ _id: deviceOf({ userId: user.id }), ...device, ...seen })
    return user
  }

  /** Signed in as everybody signs in. */
  async function signedIn(role: string): Promise<SignedInPerson> {
    const { email } = await made(role)
    return signIn(ask, { email, password: goodPassword })
  }

  /** With a session that was opened by its service: the throttles of a sign-in would take most of the time here. */
  async function somebody(role = 'member'): Promise<SignedInPerson> {
    const user = await made(role)
    const device = { name: 'test', ipPrefix: null }
    const started = await app.sessions.start({ user, assurance: 'aal1', device, delivery: 'body' })
    return {
      email: user.email,
      password: goodPassword,
      userId: user.id,
      sessionId: started.session.id,
      accessToken: started.access.accessToken,
      refreshToken: started.refreshToken ?? '',
    }
  }

  /** With an access token that says that the proof was given an hour ago. */
  async function provenLongAgo(person: SignedInPerson): Promise<SignedInPerson> {
    const anHourAgo = new Date(Date.now() - 3_600_000)
    await documents('sessions').updateOne({ _id: person.sessionId }, { $set: { authenticatedAt: anHourAgo } })
    const { accessToken, refreshToken } = (await refresh(ask, person.refreshToken)).data.refreshSession.tokens
    return { ...person, accessToken, refreshToken }
  }

  /** Sessions end with the suspension; the account is all that is left. */
  async function suspended(): Promise<SignedInPerson> {
    const person = await somebody()
    await documents('users').updateOne(
      { _id: person.userId },
      { $set: { status: 'suspended', suspension: { at: new Date(), reason: 'Sold the silver.' } } },
    )
    return person
  }

  /** Whoever is asked for a second factor at sign-in. */
  async function enrolled(): Promise<SignedInPerson> {
    const person = await somebody()
    await documents('users').updateOne({ _id: person.userId }, { $set: { enrolledAssurance: 'aal2' } })
    return person
  }

  const byHttp = (account: SignedInPerson): Actor => ({ account, asks: httpAsker(ask, account.accessToken) })

  async function subjectOf({ userId }: SignedInPerson): Promise<Subject> {
    const user = await app.users.find(userId)
    if (user === null) throw new Error('The user has just been made')
    return user
  }

  const machineOf = async (account: SignedInPerson, rules: Rules): Promise<Actor> => ({
    account,
    asks: inProcessAsker(app, asMachine(await subjectOf(account), rules.policy), rules),
  })
  const personOf = async (account: SignedInPerson, rules: Rules): Promise<Actor> => ({
    account,
    asks: inProcessAsker(app, asPerson(await subjectOf(account), account.sessionId, rules.policy), rules),
  })

  return {
    server,
    somebody,
    suspended,
    enrolled,
    documents,

    /** People over HTTP, machines in process. */
    async columns(policy: Policy): Promise<Column[]> {
      const rules = rulesFor(policy)
      const person = async (role: string): Promise<Column> => ({
        name: role,
        standing: byHttp(await provenLongAgo(await signedIn(role))),
        fresh: async () => byHttp(await somebody(role)),
      })
      const machine = (role: string) =>
        inProcess(`${role}'s machine`, async () => machineOf(await somebody(role), rules))
      const roles = [...policy.roles]
      return [nobodyWho(httpAsker(ask)), ...(await Promise.all([...roles.map(person), ...roles.map(machine)]))]
    },

    /** Everybody in process, under rules that are not the server's. */
    async columnsUnder(rules: Rules): Promise<Column[]> {
      const person = (role: string) => inProcess(role, async () => personOf(await somebody(role), rules))
      const machine = (role: string) =>
        inProcess(`${role}'s machine`, async () => machineOf(await somebody(role), rules))
      const roles = [...rules.policy.roles]
      const nobody = nobodyWho(inProcessAsker(app, anonymous, rules))
      return [nobody, ...(await Promise.all([...roles.map(person), ...roles.map(machine)]))]
    },

    /** Everything that is stored about these users, with the events that still wait in a session among the others. */
    async stored(userIds: readonly string[]): Promise<unknown> {
      const ids = [...userIds]
      const about = { $or: [{ actorId: { $in: ids } }, { subjectId: { $in: ids } }] }
      // Before the trail: an event leaves its session only after it has got there, and so is seen once at least.
      const sessions = await documents('sessions')
        .find({ userId: { $in: ids } })
        .sort({ _id: 1 })
        .toArray()
      const [users, credentials, authenticators, devices, sweeps, events] = await Promise.all([
        documents('users')
          .find({ _id: { $in: ids } })
          .sort({ _id: 1 })
          .toArray(),
        documents('credentials')
          .find({ _id: { $in: ids } })
          .sort({ _id: 1 })
          .toArray(),

        documents('authenticators')
          .find({ userId: { $in: ids } })
          .sort({ _id: 1 })
          .toArray(),
        documents('devices')
          .find({ userId: { $in: ids } })
          .sort({ _id: 1 })
          .toArray(),
        documents('sessionSweeps')
          .find({ userId: { $in: ids } })
          .sort({ _id: 1 })
          .toArray(),
        documents('auditEvents').find(about).toArray(),
      ])
      const waiting = sessions.flatMap((session) => ('pendingEvents' in session ? session.pendingEvents : []))
      const eventIds = [...events.map(({ _id }) => _id), ...(waiting as { id: string }[]).map(({ id }) => id)]
      return {
        users,
        credentials,
        authenticators,
        devices,
        sessions: sessions.map((session) => ({ ...session, pendingEvents: [] })),
        sweeps,
        events: [...new Set(eventIds)].toSorted(),
      }
    },

    close: () => server.close(),
  }
}
