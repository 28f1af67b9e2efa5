import { describe, expect, test } from '@jest/globals'
import { check } from '../../scripts/faults/checker.mjs'
import type { Holdings, Operation } from '../../scripts/faults/history.mjs'
import {
  active,
  ada,
  admin,
  adminsSession,
  conflict,
  endOfAdmin,
  held,
  history,
  kindsOf,
  later,
  office,
  raised,
  refresh,
  refused,
  rotations,
  rules,
  settled,
  signUp,
  suspended,
  withSessions,
} from './histories.js'

describe('A history in which all is well', () => {
  test.each<[string, Operation[], Holdings?]>([
    ['a life with refreshes', history(signUp, refresh('token0', 'token1'), refresh('token1', 'token2'), {})],
    ['tabs that get the same successor', history(signUp, refresh('token0', 'token1'), refresh('token0', 'token1'))],
    [
      'an older token that is given the newest',
      history(signUp, refresh('token0', 'token1'), refresh('token1', 'token2'), refresh('token0', 'token2')),
    ],
    [
      'an older token that is given a successor whose own answer was lost',
      history(signUp, { ...refresh('token1', ''), outcome: 'lost', given: null }, refresh('token0', 'token2')),
    ],
    ['an end, and a refusal', history(signUp, { kind: 'sign-out' }, refused), held({}, 'signed-out')],
    [
      'data while the end is not answered yet',
      history(signUp, { kind: 'revoke', answeredAt: 5_000 }, {}),
      held({}, 'revoked'),
    ],
    [
      'data at another instance within the bound',
      history(signUp, { kind: 'revoke' }, { server: '1.1' }),
      held({}, 'revoked'),
    ],
    [
      'an end in doubt that happened',
      history(signUp, { kind: 'sign-out', outcome: 'lost' }, refused),
      held({}, 'signed-out'),
    ],
    ['an end in doubt that did not happen', history(signUp, { kind: 'sign-out', outcome: 'unavailable' }, later)],
    [
      'a password change that keeps its own session',
      history(signUp, { kind: 'change-password', keptSessionId: ada.sessionId }, later),
      held(raised),
    ],
    [
      'a suspension, and a refused sign-in',
      history(signUp, { kind: 'suspend' }, { ...refused, kind: 'sign-in', sessionId: null, password: 'right' }),
      held(suspended, 'suspended'),
    ],
    [
      'roles as they were set',
      history(signUp, { kind: 'set-roles', roles: ['support'] }, { roles: ['support'] }),
      held({ users: [{ id: ada.userId, roles: ['support'], status: 'active', securityVersion: 1 }] }),
    ],
    [
      'roles in doubt that were not set',
      history(signUp, { kind: 'set-roles', roles: ['support'], outcome: 'lost' }, { ...later, roles: ['member'] }),
    ],
    [
      'an answer that came after the grace',
      history(
        signUp,
        { ...refresh('token0', 'token1'), outcome: 'lost', given: null },
        { ...refresh('token0', ''), ...refused, given: null, invokedAt: 30_000 },
      ),
      held({}, 'answer-lost'),
    ],
    [
      'an ended session that has been purged',
      history(signUp, { kind: 'sign-out' }),
      held({ sessions: [], readAt: 121_000 }),
    ],
    [
      'a session that ended by a late answer, and has been purged',
      history(
        signUp,
        { ...refresh('token0', 'token1'), outcome: 'lost', given: null },
        { ...refresh('token0', ''), ...refused, given: null, invokedAt: 30_000 },
      ),
      held({ sessions: [], readAt: 160_000 }),
    ],
    [
      'an end in doubt that happened after a sign of life',
      history(signUp, { kind: 'sign-out', outcome: 'lost' }, later, { ...refused, invokedAt: 20_000 }),
      held({}, 'signed-out'),
    ],
    [
      'a suspension in doubt that happened after the next sign-in',
      history(
        { ...signUp, sessionId: 'ses_b' },
        { kind: 'suspend', outcome: 'lost' },
        { kind: 'sign-in', password: 'right', given: 'token0', invokedAt: 20_000 },
        { ...refused, invokedAt: 30_000 },
      ),
      withSessions(suspended, 'suspended'),
    ],
    [
      'roles in doubt that were set after later ones',
      history(
        signUp,
        { kind: 'set-roles', roles: ['support'], outcome: 'lost' },
        { kind: 'set-roles', roles: ['member'], invokedAt: 20_000 },
      ),
      held({ users: [{ ...active, roles: ['support'] }] }),
    ],
    [
      'a sign-in that is refused while the reinstatement is in doubt',
      history(
        signUp,
        { kind: 'suspend' },
        { kind: 'reinstate', outcome: 'lost' },
        { ...refused, kind: 'sign-in', sessionId: null, password: 'right', ...settled },
      ),
      held(suspended, 'suspended'),
    ],
    [
      'a sign-up that is refused because the one before had no answer',
      history(
        { ...signUp, outcome: 'lost', given: null },
        { ...conflict, kind: 'sign-up', reason: 'EMAIL_TAKEN', password: 'right' },
      ),
    ],
    [
      'a change that another one was faster than',
      history(signUp, { ...conflict, kind: 'set-roles', reason: 'CHANGED_MEANWHILE', roles: ['support'] }),
    ],
    ['one’s own data', history(signUp, { seenUserId: ada.userId })],
    [
      'a change by an ended session at another instance within the bound',
      history(admin, endOfAdmin, { ...office, kind: 'revoke-user', server: '1.1', userId: 'usr_b' }),
      held({ sessions: [adminsSession] }),
    ],
    ['an expired access token', history(signUp, { ...refused, reason: 'TOKEN_EXPIRED' })],
    ['a stranger who is refused', history(signUp, { ...refused, kind: 'stranger', userId: null, sessionId: null })],
  ])('has no violation: %s', (_what, operations, holdings = held()) => {
    expect(check({ operations, held: holdings, rules })).toEqual([])
  })
})

describe('A violation is found:', () => {
  test.each<[string, string, Operation[], Holdings?]>([
    ['a user who signed up is not there', 'lost', history(signUp), held({ users: [] })],
    ['a session that was given is not there', 'lost', history(signUp), held({ sessions: [] })],
    ['a session that was ended lives', 'lost', history(signUp, { kind: 'sign-out' })],
    [
      'a session lives that a password change ended',
      'lost',
      history(signUp, { kind: 'change-password', keptSessionId: 'ses_b' }),
    ],
    ['roles that were set are others', 'lost', history(signUp, { kind: 'set-roles', roles: ['support'] })],
    ['a suspension is not there', 'lost', history(signUp, { kind: 'suspend' }), held({}, 'suspended')],
    [
      'a reinstatement is not there',
      'lost',
      history(signUp, { kind: 'suspend' }, { kind: 'reinstate' }),
      held(suspended, 'suspended'),
    ],
    [
      'the password that was acknowledged is refused',
      'lost',
      history(signUp, { ...refused, kind: 'sign-in', reason: 'CREDENTIALS_REJECTED', password: 'right' }),
    ],
    ['a refresh token was given that the database never had', 'lost', history(signUp, refresh('token0', 'elsewhere'))],
    [
      'two tokens of one generation',
      'fork',
      history(signUp),
      held({
        rotations: [...rotations('token0', 'token1'), { sessionId: ada.sessionId, generation: 1, digest: 'twin' }],
      }),
    ],
    [
      'an older successor after a newer one',
      'fork',
      history(signUp, refresh('token0', 'token1'), refresh('token1', 'token2'), refresh('token0', 'token1')),
    ],
    ['a second successor', 'fork', history(signUp, refresh('token0', 'token1'), refresh('token0', 'token2'))],
    ['a session is over and nobody ended it', 'wrong-sign-out', history(signUp, refused)],
    [
      'a refresh is refused and nobody ended the session',
      'wrong-sign-out',
      history(signUp, { ...refresh('token0', ''), ...refused, given: null, reason: 'REFRESH_REJECTED' }),
    ],
    ['a session ended as reuse', 'wrong-sign-out', history(signUp), held({}, 'refresh-reused')],
    [
      'a password change ended the session that it keeps',
      'wrong-sign-out',
      history(signUp, { kind: 'change-password', keptSessionId: ada.sessionId }, refused),
      held(raised, 'password-changed'),
    ],
    [
      'an ended session is given data by the instance that ended it',
      'opened',
      history(signUp, { kind: 'revoke' }, {}),
      held({}, 'revoked'),
    ],
    [
      'an ended session is given data by another instance after the bound',
      'opened',
      history(signUp, { kind: 'revoke' }, { ...later, server: '1.1' }),
      held({}, 'revoked'),
    ],
    [
      'an ended session is refreshed anywhere',
      'opened',
      history(signUp, { kind: 'revoke' }, { ...refresh('token0', 'token1'), server: '1.1' }),
      held({}, 'revoked'),
    ],
    [
      'a suspended user signs in',
      'opened',
      history(signUp, { kind: 'suspend' }, { kind: 'sign-in', password: 'right', given: 'token0' }),
      held(suspended, 'suspended'),
    ],
    [
      'a replaced password signs in',
      'opened',
      history(signUp, { kind: 'sign-in', password: 'replaced', given: 'token0' }),
    ],
    [
      'roles that were taken away are still there after the bound',
      'opened',
      history(signUp, { kind: 'set-roles', roles: ['member'] }, { ...later, roles: ['support'] }),
    ],
    [
      'a session that ended a moment ago is not there',
      'lost',
      history(signUp, { kind: 'sign-out' }),
      held({ sessions: [] }),
    ],
    [
      'a session is over that lived after its end in doubt had settled',
      'wrong-sign-out',
      history(
        signUp,
        { kind: 'sign-out', outcome: 'lost' },
        { ...refresh('token0', 'token1'), ...settled },
        { ...refused, invokedAt: 70_000 },
      ),
    ],
    [
      'a session is over that began after all suspensions in doubt had settled',
      'wrong-sign-out',
      history(
        { ...signUp, sessionId: 'ses_b' },
        { kind: 'suspend', outcome: 'lost' },
        { kind: 'sign-in', password: 'right', given: 'token0', ...settled },
        { ...refused, invokedAt: 70_000 },
      ),
      withSessions({}),
    ],
    [
      'roles are those of a change in doubt that had settled before the next one',
      'lost',
      history(
        signUp,
        { kind: 'set-roles', roles: ['support'], outcome: 'lost' },
        { kind: 'set-roles', roles: ['member'], ...settled },
      ),
      held({ users: [{ ...active, roles: ['support'] }] }),
    ],
    [
      'a reinstatement in doubt, long before, lets a suspended user in',
      'opened',
      history(
        signUp,
        { kind: 'reinstate', outcome: 'lost' },
        { kind: 'suspend', ...settled },
        { kind: 'sign-in', password: 'right', given: 'token0', invokedAt: 70_000 },
      ),
      held(suspended, 'suspended'),
    ],
    [
      'the right password is refused long after a suspension was taken back',
      'lost',
      history(
        signUp,
        { kind: 'suspend' },
        { kind: 'reinstate' },
        { ...refused, kind: 'sign-in', sessionId: null, password: 'right', ...settled },
      ),
      held({}, 'suspended'),
    ],
    [
      'a session was over before an answer came late',
      'wrong-sign-out',
      history(signUp, { ...refresh('token0', 'token1'), outcome: 'lost', given: null }, refused, {
        ...refresh('token0', ''),
        ...refused,
        given: null,
        invokedAt: 30_000,
      }),
      held({}, 'answer-lost'),
    ],
    [
      'a session has ended as reuse, and was over before an answer came late',
      'wrong-sign-out',
      history(
        signUp,
        { ...refresh('token0', 'token1'), outcome: 'lost', given: null },
        { kind: 'sign-out', outcome: 'lost' },
        refused,
        { ...refresh('token0', ''), ...refused, given: null, invokedAt: 30_000 },
      ),
      held({}, 'answer-lost'),
    ],
    [
      'a session is over while the grace of an answer that came late is not',
      'wrong-sign-out',
      history(
        signUp,
        { ...refresh('token0', 'token1'), outcome: 'lost', given: null },
        { ...refresh('token0', ''), outcome: 'lost', given: null, answeredAt: 20_000 },
        { ...refused, ...later },
      ),
      held({}, 'answer-lost'),
    ],
    [
      'a token of an ended session changes another user',
      'opened',
      history(admin, endOfAdmin, { ...office, ...later, kind: 'revoke-user', server: '1.1', userId: 'usr_b' }),
      held({ sessions: [adminsSession] }),
    ],
    [
      'a token of an ended session changes its password',
      'opened',
      history(
        { ...signUp, sessionId: 'ses_b' },
        { kind: 'sign-in', given: 'token0', password: 'right' },
        { kind: 'change-password', sessionId: null, askedBy: 'ses_b', keptSessionId: 'ses_b' },
        { kind: 'change-password', sessionId: null, askedBy: ada.sessionId, keptSessionId: ada.sessionId },
      ),
      withSessions(raised),
    ],
    ['somebody is given the data of another one', 'opened', history(signUp, { seenUserId: 'usr_b' })],
    [
      'somebody is given the tokens of another one',
      'opened',
      history(signUp, { ...refresh('token0', 'token1'), seenUserId: 'usr_b' }),
    ],
    [
      'an address is taken that nobody asked for before',
      'unexpected',
      history({ ...conflict, kind: 'sign-up', reason: 'EMAIL_TAKEN', password: 'right' }),
    ],
    ['a query meets a conflict', 'unexpected', history(signUp, { ...conflict, reason: 'CHANGED_MEANWHILE' })],
    [
      'nobody is left who administers, though the administrator is',
      'unexpected',
      history(signUp, { ...conflict, kind: 'set-roles', reason: 'LAST_ADMINISTRATOR', roles: ['member'] }),
    ],
    ['a stranger is given data', 'opened', history(signUp, { kind: 'stranger', userId: null, sessionId: null })],
    ['an answer that is none', 'broken', history(signUp, { outcome: 'broken', status: 500, text: 'oops' })],
    ['a refusal that nothing explains', 'unexpected', history(signUp, { ...refused, code: 'FORBIDDEN' })],
  ])('%s', (_what, kind, operations, holdings = held()) => {
    expect(kindsOf(operations, holdings)).toEqual([kind])
  })

  const drain = { server: '0.1', signalledAt: 400, answersUntil: 1_400 }
  const asked = (change: Partial<Operation>) => history(signUp, { invokedAt: 500, ...change })

  test('a request that a stopping instance took is not answered', () => {
    expect(kindsOf(asked({ outcome: 'lost' }), held(), [drain])).toEqual(['dropped'])
    expect(kindsOf(asked({ outcome: 'lost' }), held(), [{ ...drain, answersUntil: 450 }])).toEqual([])
    expect(kindsOf(asked({ outcome: 'lost' }), held(), [{ ...drain, server: '1.1' }])).toEqual([])
  })

  test('a request that a stopping instance had taken before is not answered', () => {
    expect(kindsOf(asked({ outcome: 'lost', invokedAt: 395 }), held(), [drain])).toEqual(['dropped'])
    // Lost before anybody signalled: something else happened to it.
    expect(kindsOf(asked({ outcome: 'lost', invokedAt: 100 }), held(), [drain])).toEqual([])
  })

  test('a stopping instance takes no request any more, though its drain is not over', () => {
    expect(kindsOf(asked({ outcome: 'not-sent' }), held(), [drain])).toEqual(['dropped'])
    expect(kindsOf(asked({ outcome: 'not-sent', invokedAt: 1_395 }), held(), [drain])).toEqual([])
    expect(kindsOf(asked({ outcome: 'not-sent', invokedAt: 100 }), held(), [drain])).toEqual([])
  })
})
