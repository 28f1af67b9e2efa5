import mongoose from 'mongoose'
import type { ClientSession, Connection, ConnectOptions } from 'mongoose'
import type { Clock } from '../kernel/clock.js'
import { Unavailable } from '../kernel/errors.js'
import type { Transact, Transaction } from '../kernel/transaction.js'
import { reportingFaults, usualAnswerMs } from './faults.js'
import { runTransaction } from './transactions.js'

// Global on purpose: a filter made of a client's object must not become an operator anywhere.
mongoose.set('sanitizeFilter', true)
mongoose.set('strictQuery', true)
mongoose.set('autoIndex', false)
mongoose.set('autoCreate', false)

export type Topology = 'standalone' | 'replica set' | 'sharded cluster'

export interface Database {
  readonly connection: Connection
  /**
   * For beats, the change stream and the clock: a request that takes all other connections must not make the instance
   * look dead, nor its caller cache unproven.
   */
  readonly vital: Connection
  readonly transact: Transact
  /** How long a caller waits before the answer is UNAVAILABLE. */
  readonly answerWithinMs: number
  /** The same store, whose methods say Unavailable when the database cannot answer, or not in time. */
  readonly reporting: <Store extends object>(store: Store) => Store
  /** Whether a primary answers now, and how our clock compares with its. */
  ping(): Promise<{ topology: Topology; comparison: ClockComparison }>
  close(): Promise<void>
}

/** By how much our clock is ahead of the database's, and when that was found, by both of ours. */
export interface ClockComparison {
  readonly aheadMs: number
  readonly wallMs: number
  readonly monotonicMs: number
}

/**
 * @param uri of a replica set or a sharded cluster
 * @param answerWithinMs how long a caller waits; more than the longest wait of the change stream (500 ms)
 * @param patient for work that takes its time, such as building indexes: then an answer may take for ever
 * @throws Unavailable when no primary answers in time
 */
export async function connectDatabase(
  uri: string,
  clock: Clock,
  { answerWithinMs = usualAnswerMs, patient = false }: { answerWithinMs?: number; patient?: boolean } = {},
): Promise<Database> {
  const connections = [
    mongoose.createConnection(uri, optionsOf({ answerWithinMs, patient, maxPoolSize: 50 })),
    mongoose.createConnection(uri, optionsOf({ answerWithinMs, patient, maxPoolSize: 4 })),
  ] as const
  const close = async () => {
    await Promise.all(connections.map((connection) => connection.close()))
  }
  try {
    await Promise.all(connections.map((connection) => connection.asPromise()))
  } catch (cause) {
    await close().catch(() => undefined)
    throw new Unavailable(cause)
  }
  const [connection, vital] = connections
  return {
    connection,
    vital,
    transact: (work) => runTransaction({ connection, clock, answerWithinMs }, work),
    answerWithinMs,
    reporting: (store) => reportingFaults(store, answerWithinMs),
    ping: () => ping(vital, clock),
    close,
  }
}

function optionsOf({
  answerWithinMs,
  patient,
  maxPoolSize,
}: {
  answerWithinMs: number
  patient: boolean
  maxPoolSize: number
}): ConnectOptions {
  return {
    appName: 'portcullis',
    bufferCommands: false,
    // One document, one truth: what was answered survives the loss of the primary.
    writeConcern: { w: 'majority', journal: true },
    readPreference: 'primary',
    retryWrites: true,
    serverSelectionTimeoutMS: answerWithinMs,
    waitQueueTimeoutMS: answerWithinMs,
    // A primary that hangs answers nobody.
    socketTimeoutMS: patient ? 0 : answerWithinMs,
    connectTimeoutMS: answerWithinMs,
    maxPoolSize,
  }
}

async function ping(connection: Connection, clock: Clock) {
  try {
    const sentAtMs = clock.monotonicMs()
    const hello = await connection.getClient().db('admin').command({ hello: 1 })
    const monotonicMs = clock.monotonicMs()
    // Read once: a clock that is set between two readings would be compared by one and believed by the other.
    const wallMs = clock.now().getTime()
    const halfwayMs = wallMs - (monotonicMs - sentAtMs) / 2
    const aheadMs = halfwayMs - (hello.localTime as Date).getTime()
    return { topology: topologyOf(hello), comparison: { aheadMs, wallMs, monotonicMs } }
  } catch (cause) {
    throw new Unavailable(cause)
  }
}

function topologyOf(hello: { setName?: unknown; msg?: unknown }): Topology {
  if (hello.msg === 'isdbgrid') return 'sharded cluster'
  return typeof hello.setName === 'string' ? 'replica set' : 'standalone'
}

/** The driver's session behind a transaction, for the options of a store's write. */
export function inTransaction(tx: Transaction | undefined): { session: ClientSession } | Record<string, never> {
  return tx === undefined ? {} : { session: tx as unknown as ClientSession }
}
