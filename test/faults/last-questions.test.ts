import { expect, test } from '@jest/globals'
import type { Told } from '../../scripts/faults/ask.mjs'
import { createChance } from '../../scripts/faults/chance.mjs'
import { createHistory } from '../../scripts/faults/history.mjs'
import { askForTheLastTime } from '../../scripts/faults/last-questions.mjs'
import type { Server } from '../../scripts/faults/server.mjs'

const unavailable: Told = {
  outcome: 'unavailable',
  status: 503,
  code: 'UNAVAILABLE',
  reason: null,
  data: null,
  text: '',
}
const signedIn = {
  user: { id: 'usr_a' },
  session: { id: 'ses_a' },
  tokens: { accessToken: 'a', refreshToken: 'a.b.c' },
}
const given = (data: unknown): Told => ({ ...unavailable, outcome: 'ok', status: 200, code: null, data })
const servers = [0, 1].map((index) => ({ index, incarnation: 1, port: index }) as Server)

/** What nobody answered, of two servers of which one may never answer a refresh. */
async function unanswered(isBack: (port: number) => boolean): Promise<string[]> {
  let nowMs = 0
  const surroundings = {
    ask: async (port: number, { query }: { query: string }) => {
      nowMs += 5_000
      if (query.includes('signUp')) return given({ signUp: signedIn })
      return isBack(port) ? given({ refreshSession: signedIn }) : unavailable
    },
    history: createHistory(),
    now: () => nowMs,
    isOver: () => true,
  }
  return askForTheLastTime([], servers, surroundings as never, createChance(1))
}

test('when all faults are over, each of the servers is asked, and nobody waits for ever', async () => {
  expect(await unanswered(() => true)).toEqual([])
  expect(await unanswered((port) => port === 0)).toEqual([
    expect.stringMatching(/last1: refresh is not answered though all faults are over: unavailable/),
  ])
})
