import { describe, expect, test } from '@jest/globals'
import { digestOf } from '../../src/kernel/digest.js'
import { refreshVerdict } from '../../src/sessions/refresh-verdict.js'
import { sessionEnd, type RefreshFamily, type Session } from '../../src/sessions/session.js'

const now = new Date('2030-01-01T12:00:00Z')
const at = (time: string) => new Date(`2030-01-01T${time}Z`)

const family: RefreshFamily = {
  familyDigest: digestOf('family'),
  generation: 3,
  currentDigest: digestOf('third'),
  rotatedAt: at('11:59:50'),
  ring: [
    { digest: digestOf('first'), keyId: 'data_1', sealed: '', graceUntil: at('11:59:00') },
    { digest: digestOf('second'), keyId: 'data_1', sealed: '', graceUntil: at('12:00:20') },
  ],
  idleExpiresAt: at('13:00:00'),
  absoluteExpiresAt: at('14:00:00'),
  jkt: null,
}

const session: Session = {
  id: 'ses_00000000000000000000000000',
  userId: 'usr_00000000000000000000000000',
  securityVersion: 4,
  device: { name: 'Firefox on Linux', ipPrefix: null },
  delivery: 'body',
  assurance: 'aal1',
  authenticatorId: null,
  authenticatedAt: at('10:00:00'),
  createdAt: at('10:00:00'),
  lastSeenAt: at('11:59:50'),
  endedAt: null,
  endReason: null,
  family,
}

const lateFamily = {
  ...family,
  ring: family.ring.map((spent) => ({ ...spent, graceUntil: at('11:59:00') })),
}

describe('A refresh token that did not rotate', () => {
  test.each<[string, Partial<Session> | null, string, string, 'body' | 'cookie', string]>([
    ['of an absent session is over', null, 'family', 'third', 'body', 'over'],
    [
      'of an ended session is over',
      { endedAt: at('11:00:00'), endReason: 'revoked' },
      'family',
      'third',
      'body',
      'over',
    ],
    [
      'of an idle session is over',
      { family: { ...family, idleExpiresAt: at('12:00:00') } },
      'family',
      'third',
      'body',
      'over',
    ],
    [
      'of a session past its greatest age is over',
      { family: { ...family, absoluteExpiresAt: at('12:00:00') } },
      'family',
      'third',
      'body',
      'over',
    ],
    ['with a wrong family secret is forged, even with the right token secret', {}, 'guess', 'third', 'body', 'forged'],
    ['with a wrong family secret and delivery is forged first', {}, 'guess', 'third', 'cookie', 'forged'],
    ['through the other delivery is misdelivered', {}, 'family', 'third', 'cookie', 'misdelivered'],
    [
      'spent and through the other delivery is misdelivered, not reused',
      {},
      'family',
      'first',
      'cookie',
      'misdelivered',
    ],
    [
      'that is bound to a key is not answered without a proof',
      { family: { ...family, jkt: 'x' } },
      'family',
      'third',
      'body',
      'misdelivered',
    ],
    ['that is the newest is current', {}, 'family', 'third', 'body', 'current'],
    ['that was spent moments ago is in its grace', {}, 'family', 'second', 'body', 'in-grace'],
    ['that was spent before its grace ended is reused', {}, 'family', 'first', 'body', 'reused'],
    ['that is nowhere in the ring is reused', {}, 'family', 'forgotten', 'body', 'reused'],
    [
      'that is the direct predecessor after its grace is late',
      { family: lateFamily },
      'family',
      'second',
      'body',
      'late',
    ],
    ['that is an older one after its grace is reused', { family: lateFamily }, 'family', 'first', 'body', 'reused'],
  ])('%s', (_name, change, familySecret, tokenSecret, delivery, expected) => {
    const presented = { sessionId: session.id, familySecret, tokenSecret }
    const found = change === null ? null : { ...session, ...change }
    expect(refreshVerdict(found, presented, delivery, now)).toEqual({ kind: expected })
  })
})

describe('A session', () => {
  test.each<[string, Partial<Session>, number, Date | null, string | null]>([
    [
      'lives one millisecond before its idle limit',
      { family: { ...family, idleExpiresAt: at('12:00:00.001') } },
      4,
      null,
      null,
    ],
    ['is idle at its limit', { family: { ...family, idleExpiresAt: now } }, 4, now, 'idle'],
    [
      'is over at its greatest age even when busy',
      { family: { ...family, absoluteExpiresAt: now, idleExpiresAt: now } },
      4,
      now,
      'absolute',
    ],
    [
      'that was revoked never timed out',
      { endedAt: at('11:00:00'), endReason: 'revoked', family: { ...family, idleExpiresAt: at('11:30:00') } },
      4,
      at('11:00:00'),
      'revoked',
    ],
    ['of an older security version is over', {}, 5, now, 'security-changed'],
    ['of a newer security version than was read is over as well', {}, 3, now, 'security-changed'],
  ])('%s', (_name, change, securityVersion, endedAt, reason) => {
    const end = sessionEnd({ ...session, ...change }, now, securityVersion)
    expect(end).toEqual(endedAt === null ? null : { at: endedAt, reason })
  })
})
