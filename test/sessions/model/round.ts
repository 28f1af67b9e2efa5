import { setImmediate as tick } from 'node:timers/promises'
import { anonymous } from '../../../src/kernel/caller.js'
import {
  answerOf,
  callerIn,
  isDone,
  newest,
  refresh,
  signIn,
  type Answer,
  type KnownPerson,
  type KnownSession,
} from './people.js'
import type { SessionModelService } from './service.js'

/** What can be done to a session or to its person. The indexes choose among the living sessions. */
export type Action =
  | { readonly kind: 'refresh'; readonly session: number; readonly back: number }
  | { readonly kind: 'sign-in' }
  | { readonly kind: 'sign-out'; readonly session: number }
  | { readonly kind: 'revoke'; readonly session: number; readonly by: number }
  | { readonly kind: 'change-password'; readonly by: number }
  | { readonly kind: 'sign-out-everywhere'; readonly by: number; readonly includeCurrent: boolean }
  | { readonly kind: 'suspend' | 'reinstate' }
  | { readonly kind: 'set-roles'; readonly roles: readonly string[] }

/** Each starts so many turns of the event loop after the batch does. */
export type Timed = Action & { readonly after: number }

interface Played {
  readonly action: Action
  readonly answer: Answer<unknown>
  /** Whom it was done to, or who did it. */
  readonly session: KnownSession | null
}

/** Somebody who may do everything to others, anew for each round: what one does to others happens in a row. */
export type Admin = KnownSession

const passwords = ['another correct battery', 'yet another horse staple']

/** Plays all of it at once. What each was answered, and nothing judged. */
export async function play(
  service: SessionModelService,
  person: KnownPerson,
  { actions, admin }: { actions: readonly Timed[]; admin: Admin },
): Promise<Played[]> {
  const living = [...person.living]
  const at = (index: number) => living[index % living.length] ?? null
  return Promise.all(
    actions.map(async ({ after, ...action }): Promise<Played> => {
      const session = 'session' in action ? at(action.session) : 'by' in action ? at(action.by) : null
      const by = 'by' in action ? at(action.by) : null
      for (let turn = 0; turn < after; turn += 1) await tick()
      if (('session' in action || 'by' in action) && session === null) return { action, answer: 'refused', session }
      const answer = await answerOf(() => perform(service, person, { action, session, by, admin }))
      return { action, answer, session }
    }),
  )
}

interface Performed {
  readonly action: Action
  readonly session: KnownSession | null
  readonly by: KnownSession | null
  readonly admin: Admin
}

async function perform(
  service: SessionModelService,
  person: KnownPerson,
  { action, session, by, admin }: Performed,
): Promise<unknown> {
  const { sessions, administration } = service
  switch (action.kind) {
    case 'sign-in':
      return signIn(service, person)
    case 'suspend':
      return administration.suspend(await callerIn(service, admin), person.userId)
    case 'reinstate':
      return administration.reinstate(await callerIn(service, admin), person.userId)
    case 'set-roles':
      return administration.setRoles(await callerIn(service, admin), person.userId, action.roles)
  }
  if (session === null) throw new Error('There is a session, or this would not be tried')
  switch (action.kind) {
    case 'refresh':
      return refresh(service, session, action.back)
    case 'sign-out':
      return sessions.signOut({ refreshToken: newest(session.refreshTokens), refreshCookie: null, caller: anonymous })
    case 'revoke': {
      const [found = null] = await sessions.findMany([session.id])
      return sessions.revoke(await callerIn(service, by ?? session), found)
    }
    case 'sign-out-everywhere':
      return sessions.signOutEverywhere(await callerIn(service, session), action.includeCurrent)
    case 'change-password': {
      const newPassword = passwords.find((password) => password !== person.password) ?? ''
      await service.passwords.change(await callerIn(service, session), {
        currentPassword: person.password,
        newPassword,
      })
      return newPassword
    }
  }
}

/** What the model says of a session after a round; `either` where two orders of what happened would differ. */
export type Expected = 'lives' | 'ended' | 'either'

export interface Judged {
  readonly sessions: ReadonlyMap<KnownSession, Expected>
  /** Any of these; more than one where several have been given at the same time. */
  readonly roles: readonly (readonly string[])[]
  readonly isSuspended: boolean | null
  readonly password: string
  /** How many sessions ended while they were being refreshed. */
  readonly races: number
}

/** What must be true after that has been played, whatever the order was. All of it has been answered. */
export function judge(person: KnownPerson, played: readonly Played[]): Judged {
  const sessions = new Map<KnownSession, Expected>()
  for (const session of person.living) sessions.set(session, 'lives')
  for (const { action, answer } of played) {
    // Begun under the old password and the old security version. Which of the two was first is the database's to say.
    if (action.kind === 'sign-in' && isDone(answer)) sessions.set(answer.done as KnownSession, 'lives')
  }
  const isNew = (session: KnownSession) => !person.living.includes(session)
  const set = (session: KnownSession, expected: Expected) => {
    if (sessions.get(session) !== 'ended') sessions.set(session, expected)
  }
  for (const { action, answer, session } of played) {
    if (answer === 'refused') continue
    if ((action.kind === 'sign-out' || action.kind === 'revoke') && session !== null) set(session, 'ended')
    // A sign-in with the old password cannot have begun after it was changed: it is older, and has ended.
    if (action.kind === 'change-password') endAll((other) => other !== session, 'ended')
    if (action.kind === 'sign-out-everywhere') {
      endAll((other) => !isNew(other) && (other !== session || action.includeCurrent), 'ended')
      endAll(isNew, 'either')
    }
    if (action.kind === 'suspend') {
      const isReinstated = played.some((other) => other.action.kind === 'reinstate' && other.answer !== 'refused')
      endAll((other) => !isNew(other) || !isReinstated, 'ended')
      endAll(isNew, 'either')
    }
  }
  return { sessions, ...afterwards(person, played), races: racesIn(sessions, played) }

  function endAll(which: (session: KnownSession) => boolean, expected: Expected): void {
    for (const session of [...sessions.keys()].filter(which)) set(session, expected)
  }
}

function racesIn(sessions: ReadonlyMap<KnownSession, Expected>, played: readonly Played[]): number {
  const refreshed = played.filter(({ action }) => action.kind === 'refresh').map(({ session }) => session)
  return [...new Set(refreshed)].filter((session) => session !== null && sessions.get(session) === 'ended').length
}

function afterwards(
  person: KnownPerson,
  played: readonly Played[],
): Pick<Judged, 'roles' | 'isSuspended' | 'password'> {
  const done = (kind: Action['kind']) => played.filter(({ action, answer }) => action.kind === kind && isDone(answer))
  const given = done('set-roles').map(({ action }) => ('roles' in action ? action.roles : []))
  const [isSuspended, isReinstated] = [done('suspend').length > 0, done('reinstate').length > 0]
  const [changed] = done('change-password').map(({ answer }) => (isDone(answer) ? String(answer.done) : ''))
  return {
    roles: given.length === 0 ? [person.roles] : given,
    isSuspended: isSuspended && isReinstated ? null : isSuspended,
    password: changed ?? person.password,
  }
}
