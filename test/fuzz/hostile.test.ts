import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import { diceFor } from '../../scripts/fuzz/dice.mjs'
import { hunt } from '../../scripts/fuzz/hunt.mjs'
import { requestFor } from '../../scripts/fuzz/requests.mjs'

const mongodbUri = process.env.TEST_MONGODB_URI ?? ''
const seed = 20_261_123

/** The short version of `npm run fuzz`; the long one has a million. Every planted fault shows itself within so many. */
const few = 1_500

describe('Hostile requests', () => {
  test(`of seed ${seed}, ${few} of them: nothing crashes, fails, comes back or comes out`, async () => {
    const { findings, done, tokens } = await hunt({ mongodbUri, seed, requests: few, mostFindings: 1 })
    expect(findings).toEqual([])
    expect(done).toBe(few)
    // Ten are those of the people; where nobody was given more, nobody can be found with them.
    expect(tokens).toBeGreaterThan(20)
  }, 300_000)

  test('are the same again for the same seed and number, and others for another', () => {
    const actor = {
      userId: 'usr_1',
      sessionId: 'ses_1',
      accessToken: 'a.b.c',
      refreshToken: 'ses_1.b.c',
      email: 'a@b.c',
    }
    const world = {
      actor: () => actor,
      known: () => ({ ids: ['usr_1', 'ses_1'], emails: ['a@b.c'], refreshToken: 'ses_1.b.c' }),
      pageOrigin: 'https://page.example',
      routerSecret: 'secret',
    }
    const textsOf = (seed: number) =>
      Array.from({ length: 500 }, (_, number) =>
        Buffer.concat(requestFor(seed, number, world).parts).toString('latin1'),
      )
    expect(textsOf(1)).toEqual(textsOf(1))
    expect(new Set([...textsOf(1), ...textsOf(2)]).size).toBeGreaterThan(800)
    expect(diceFor(1, 2).below(1_000_000)).not.toBe(diceFor(2, 1).below(1_000_000))
  })
})

interface Planted {
  readonly module: string
  readonly text: string
  readonly by: string
}

/** A fault in the server, and what the hunt must call it. */
const plants: [string, string, Planted][] = [
  [
    'a syntax error is told in the words of the parser',
    'echo',
    {
      module: 'graphql/messages.js',
      text: 'function wordsForSyntax(message) {',
      by: 'function wordsForSyntax(message) { return message;',
    },
  ],
  [
    'a body that is no UTF-8 is an exception',
    'status',
    { module: 'http/server.js', text: 'return done(faultOf(400));', by: "return done(new Error('no UTF-8'));" },
  ],
  [
    'an unknown entity is an exception that nobody catches',
    'crash',
    {
      module: 'graphql/entities.js',
      text: 'if (keys === undefined)\n',
      by: "if (keys === undefined) setImmediate(() => { throw new Error('unknown') });\n        if (keys === undefined)\n",
    },
  ],
  [
    'a path is logged as it came',
    'echo in the log',
    { module: 'http/server.js', text: "known.has(path) ? path : 'unknown'", by: 'request.url' },
  ],
  [
    'the header of a token is believed',
    'opened',
    {
      module: 'http/bearer.js',
      text: 'if (others.length > 0 ||',
      by: 'if (',
    },
  ],
  [
    'whoever is no router is told what makes one',
    'secret',
    {
      module: 'graphql/router-proof.js',
      text: 'new Forbidden()',
      by: "Object.assign(new Forbidden(), { message: 'Send ' + process.env.ROUTER_SECRET })",
    },
  ],
  [
    'an access token that somebody was given is given to the next one',
    'token',
    {
      module: 'graphql/delivery.js',
      text: 'const tokens = { accessToken,',
      by: 'globalThis.held ??= accessToken; const tokens = { accessToken: globalThis.held,',
    },
  ],
  [
    'a token is logged',
    'token',
    {
      module: 'graphql/delivery.js',
      text: 'const tokens = {',
      by: 'console.log(JSON.stringify({ refreshToken })); const tokens = {',
    },
  ],
  [
    'a request is forgotten once it is refused',
    'no answer',
    { module: 'http/server.js', text: 'return done(faultOf(415));', by: 'return;' },
  ],
  [
    'a length and chunks at once are both taken',
    'smuggled',
    { module: 'http/server.js', text: 'const sockets = {', by: 'const sockets = { insecureHTTPParser: true,' },
  ],
]

describe('Such requests find out when', () => {
  test.each(plants)(
    '%s',
    async (_name, what, plant) => {
      const module = pathToFileURL(join(import.meta.dirname, 'plant.mjs'))
      module.searchParams.set('plant', JSON.stringify(plant))
      const found = new AbortController()
      const { findings } = await hunt({
        mongodbUri,
        seed,
        requests: few,
        // Few at once, or a busy machine alone would be too slow for this patience.
        lanes: 16,
        patienceMs: 2_500,
        modes: ['open'],
        imports: [module.href],
        mostFindings: 100,
        signal: found.signal,
        onFinding: (finding) => isIt(finding) && found.abort(),
      })
      expect(findings.filter(isIt)).not.toEqual([])

      // What we leave unfinished ourselves is awaited for longer than that.
      function isIt({ what: told, kind }: { what: string; kind: string }): boolean {
        return told === what && kind !== 'stalled'
      }
    },
    300_000,
  )
})
