import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { Unavailable } from '../kernel/errors.js'
import type { Judgement } from './guessability-advice.js'
import { createTurnstile, type TurnstileSettings } from './turnstile.js'

/** Judges how hard a password is to guess, in a worker thread that lives only while it is needed. */
export interface Guessability {
  /** One at a time. @throws RateLimited when too many wait; Unavailable when there is no verdict, which is no leave */
  judge(password: string, words: readonly string[]): Promise<Judgement>
  /** Ends the worker, and what it is asked. */
  close(): Promise<void>
  /** Workers since the start, and whether one is there now. */
  readonly stats: { readonly started: number; readonly isRunning: boolean }
}

export interface GuessabilitySettings {
  /** How long one password may take. */
  readonly limitMs: number
  /** How long a worker may take to load the dictionaries: a second of CPU, on a machine that may be busy. */
  readonly startMs: number
  /** How long a worker is kept that nobody needs. */
  readonly idleMs: number
  /** One password takes 0.02 to 1 s. */
  readonly queueLimit: number
  readonly worker: URL
}

const defaults: GuessabilitySettings = {
  limitMs: 5_000,
  startMs: 15_000,
  idleMs: 60_000,
  queueLimit: 64,
  worker: new URL('./guessability-worker.mjs', import.meta.url),
}

/** Four times what zxcvbn takes: a leak ends the worker, and not the service. */
const resourceLimits = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32 }

export function createGuessability(change: Partial<GuessabilitySettings> = {}): Guessability {
  const { limitMs, startMs, idleMs, queueLimit, worker: url } = { ...defaults, ...change }
  const turnstile = createTurnstile({ concurrency: 1, queueLimit } satisfies TurnstileSettings)
  let current: Worker | null = null
  let started = 0
  let questions = 0
  let isClosed = false
  let idle: NodeJS.Timeout | undefined

  async function start(): Promise<Worker> {
    started += 1
    // It needs neither settings nor secrets.
    const worker = new Worker(url, { env: {}, argv: [], execArgv: [], resourceLimits })
    current = worker
    // While nobody asks; who does, hears of it by the message that does not come.
    worker.on('error', () => undefined)
    worker.once('exit', () => {
      if (current === worker) current = null
    })
    await nextMessage(worker, startMs)
    return worker
  }

  async function drop(): Promise<void> {
    clearTimeout(idle)
    const worker = current
    current = null
    await worker?.terminate()
  }

  async function ask(password: string, words: readonly string[]): Promise<Judgement> {
    if (isClosed) throw new Error('The service is stopping')
    clearTimeout(idle)
    const worker = current ?? (await start())
    // A process waits for who is being judged, and for nobody else.
    worker.ref()
    const id = (questions += 1)
    worker.postMessage({ id, password, words })
    const judgement = judgementOf(await nextMessage(worker, limitMs), id)
    worker.unref()
    idle = setTimeout(() => void drop(), idleMs).unref()
    return judgement
  }

  return {
    judge: (password, words) =>
      turnstile.run(async () => {
        try {
          return await ask(password, words)
        } catch (cause) {
          // Dead, stuck or talking nonsense: the next one gets a new worker.
          await drop()
          throw new Unavailable(cause)
        }
      }),
    async close() {
      isClosed = true
      await drop()
    },
    stats: {
      get started() {
        return started
      },
      get isRunning() {
        return current !== null
      },
    },
  }
}

/** What the worker says next. @throws when it says nothing for so long, fails or ends */
async function nextMessage(worker: Worker, ms: number): Promise<unknown> {
  const given = new AbortController()
  const { signal } = given
  const ends = async (work: Promise<unknown>, what: string): Promise<never> => {
    await work
    throw new Error(`The judge of passwords ${what}`)
  }
  try {
    // `once` rejects by itself when the worker fails.
    const message = once(worker, 'message', { signal }).then(([said]) => said as unknown)
    return await Promise.race([
      message,
      ends(once(worker, 'exit', { signal }), 'has ended'),
      ends(pause(ms, undefined, { signal }), 'does not answer'),
    ])
  } finally {
    given.abort()
  }
}

function judgementOf(said: unknown, id: number): Judgement {
  const isAnswer = typeof said === 'object' && said !== null && 'id' in said && said.id === id
  if (!isAnswer || !('score' in said) || typeof said.score !== 'number' || !('warning' in said)) {
    throw new Error('The judge of passwords came to no verdict')
  }
  return { score: said.score, warning: typeof said.warning === 'string' ? said.warning : null }
}
