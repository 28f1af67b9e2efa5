/** What the rows about `me` have in common. */
import { countReads, signInAs, startMeasured, targetAt } from './portcullis.mjs'

export const meQuery = '{ me { id displayName email roles } }'

/** As long as a token of ours, so that each side has the same bytes to read. */
export const unreadToken = `${'a'.repeat(80)}.${'b'.repeat(420)}.${'c'.repeat(86)}`

/** Who a constant `me` is. @type {import('../../dist/kernel/subject.js').Subject} */
export const somebody = {
  id: 'usr_00000000000000000000000000',
  displayName: 'Ada Lovelace',
  email: 'member@example.com',
  emailVerified: false,
  roles: ['member'],
  attributes: {},
  status: 'active',
  createdAt: new Date('2030-01-01T08:00:00Z'),
  securityVersion: 1,
  enrolledAssurance: 'aal1',
  enrolledFactors: [],
}

/** The whole service, asked by somebody who is signed in: token, revocation check, door, guards. */
export const askMe = askService({ query: meQuery })

/**
 * @param {{ query: string } | ((person: { userId: string, sessionId: string }) => { query: string })} request
 * @param {string} [collection] whose reads are counted
 * @returns {import('./rows.mjs').Open}
 */
export function askService(request, collection = 'users') {
  return async ({ mongodbUri }) => {
    const portcullis = await startMeasured(mongodbUri)
    const person = await signInAs(portcullis, ['member'])
    const asked = typeof request === 'function' ? request(person) : request
    return {
      ask: targetAt(portcullis.url, person.accessToken, asked),
      reads: countReads(portcullis.app, collection),
      close: portcullis.close,
    }
  }
}
