/**
 * Owns the way of many people from another system to here: reads their lines, finds the faults, and adds the accounts in
 * an order that leaves nothing usable behind when it is stopped. Does not own what an account is (users), nor which
 * hashes are understood (passwords).
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { AuditService } from '../audit/service.js'
import type { Clock } from '../kernel/clock.js'
import { DomainError } from '../kernel/errors.js'
import type { PasswordsService } from '../passwords/service.js'
import type { ImportedUser, ImportedUsersService } from '../users/service.js'
import { descriptionIn } from './description.js'
import { linesOf, type Line } from './lines.js'
import { createSeenAddresses, type SeenAddresses } from './seen-addresses.js'

export interface ImportService {
  /**
   * Adds who is not there yet. Run again on the same lines it adds what is missing, whatever stopped it before.
   * @param source JSON Lines, in pieces of any size
   * @throws NotJsonLines before anything is written; Unavailable when the database stays away: then run it again
   */
  run(source: AsyncIterable<Uint8Array>, options: ImportOptions): Promise<ImportCounts>
}

export interface ImportOptions {
  /** Find all faults, write nothing. */
  readonly dryRun: boolean
  /** In the order of the lines. The reason repeats no value. */
  readonly onFault: (line: number, reason: string) => void
  readonly onProgress: (counts: ImportCounts, bytesRead: number) => void
}

export interface ImportCounts {
  /** Those that are not empty. */
  readonly lines: number
  /** In a dry run: those that would be. */
  readonly added: number
  readonly alreadyThere: number
  readonly faulty: number
  /** Of those added. */
  readonly withoutPassword: number
}

/** For the operator at the shell; no client ever meets it. */
export class NotJsonLines extends Error {
  constructor() {
    super('This is not JSON Lines: one JSON object for each user, each in a line of its own.')
    this.name = new.target.name
  }
}

const batchSize = 1_000
/** At once: the database works on some while the lines of the next are read. */
const batchesUnderWay = 3
/** An election takes seconds; what takes longer is a reason to stop and look. */
const patienceMs = 60_000

export function createImport({
  users,
  passwords,
  audit,
  clock,
}: {
  users: ImportedUsersService
  passwords: Pick<PasswordsService, 'readImported' | 'insertImported'>
  audit: Pick<AuditService, 'record'>
  clock: Clock
}): ImportService {
  /** Everything that is done here may be done twice. */
  async function patiently<Result>(work: () => Promise<Result>): Promise<Result> {
    const deadline = clock.monotonicMs() + patienceMs
    for (;;) {
      try {
        return await work()
      } catch (cause) {
        const isAway = cause instanceof DomainError && cause.kind === 'unavailable'
        if (!isAway || clock.monotonicMs() >= deadline) throw cause
        await pause(1_000)
      }
    }
  }

  function read(line: Line, seen: SeenAddresses): Entry | Fault {
    if ('fault' in line) return { ...line, isObject: false }
    const { number, text } = line
    const description = descriptionIn(text)
    if ('fault' in description) return { number, ...description }
    const refused = (fault: string): Fault => ({ number, fault, isObject: true })
    const account = users.read(description)
    if ('fault' in account) return refused(account.fault)
    const { passwordHash: given } = description
    const hash = typeof given === 'string' ? passwords.readImported(given) : { stored: null }
    if (given !== undefined && typeof given !== 'string') return refused('passwordHash is not a text.')
    if ('fault' in hash) return refused(hash.fault)
    const first = seen.firstLineOf(account.identifier, number)
    if (first !== null) return refused(`The address is that of line ${first}.`)
    return { number, account, passwordHash: hash.stored }
  }

  async function standings(entries: readonly Entry[]): Promise<readonly StandingEntry[]> {
    const found = await patiently(() => users.standingsOf(entries.map(({ account }) => account)))
    return entries.map((entry, index) => ({ ...entry, standing: found[index] ?? 'there' }))
  }

  /** In this order, each stage acknowledged by a majority before the next: whoever is not in the last one is nobody. */
  async function add(entries: readonly StandingEntry[]): Promise<{ added: number; lost: ReadonlySet<string> }> {
    const lost = await patiently(() => users.claim(entries.map(({ account }) => account)))
    const won = entries.filter(({ account }) => !lost.has(account.identifier))
    await patiently(() =>
      passwords.insertImported(
        won.map(({ account, passwordHash, standing }) => ({
          userId: account.user.id,
          passwordHash,
          isBegun: standing === 'begun',
        })),
      ),
    )
    // A try whose answer was lost has added some already: what counts is how many were missing at first.
    let tries = 0
    const added = await patiently(async () => {
      tries += 1
      const inserted = await users.insert(won.map(({ account }) => account))
      return tries === 1 ? inserted : won.length
    })
    return { added, lost }
  }

  async function carryOut(
    { lines, entries, faults }: Batch,
    { dryRun, begin }: { dryRun: boolean; begin: () => Promise<void> },
  ): Promise<Result> {
    const standing = await standings(entries)
    const missing = standing.filter(({ standing }) => standing === 'new' || standing === 'begun')
    if (!dryRun && missing.length > 0) await begin()
    const { added, lost } =
      dryRun || missing.length === 0 ? { added: missing.length, lost: new Set<string>() } : await add(missing)
    const taken = standing.filter(({ standing, account }) => standing === 'taken' || lost.has(account.identifier))
    const ours = missing.filter(({ account }) => !lost.has(account.identifier))
    return {
      faults: [...faults, ...taken.map(({ number }) => ({ number, fault: takenFault }))],
      counts: {
        lines,
        added,
        alreadyThere: entries.length - taken.length - added,
        faulty: faults.length + taken.length,
        withoutPassword: ours.filter(({ passwordHash }) => passwordHash === null).length,
      },
    }
  }

  return {
    async run(source, { dryRun, onFault, onProgress }) {
      const seen = createSeenAddresses()
      const underWay: { readonly result: Promise<Result>; readonly bytesRead: number }[] = []
      let counts = noCounts
      let begun: Promise<void> | null = null
      // Before the first account, so that an import that is killed has left its trace.
      const begin = () => (begun ??= patiently(() => audit.record({ ...event('users.import-started'), facts: {} })))

      async function finishOldest(): Promise<void> {
        const oldest = underWay.shift()
        if (oldest === undefined) return
        const { counts: more, faults } = await oldest.result
        counts = sumOf(counts, more)
        for (const { number, fault } of faults.toSorted((a, b) => a.number - b.number)) onFault(number, fault)
        onProgress(counts, oldest.bytesRead)
      }

      for await (const { batch, bytesRead } of batchesOf(source, (line) => read(line, seen))) {
        if (underWay.length === batchesUnderWay) await finishOldest()
        const result = carryOut(batch, { dryRun, begin })
        // It is awaited in its turn; one that fails before is not to end everything.
        result.catch(() => undefined)
        underWay.push({ result, bytesRead })
      }
      while (underWay.length > 0) await finishOldest()
      const { lines: _, ...facts } = counts
      if (begun !== null) await patiently(() => audit.record({ ...event('users.imported'), facts }))
      return counts
    },
  }
}

interface Entry {
  readonly number: number
  readonly account: ImportedUser
  readonly passwordHash: string | null
}

type StandingEntry = Entry & { readonly standing: Awaited<ReturnType<ImportedUsersService['standingsOf']>>[number] }

interface Fault {
  readonly number: number
  readonly fault: string
  readonly isObject: boolean
}

interface Batch {
  readonly lines: number
  readonly entries: readonly Entry[]
  readonly faults: readonly Fault[]
}

interface Result {
  readonly counts: ImportCounts
  readonly faults: readonly Pick<Fault, 'number' | 'fault'>[]
}

const takenFault = 'The address belongs to somebody else here.'
const noCounts: ImportCounts = { lines: 0, added: 0, alreadyThere: 0, faulty: 0, withoutPassword: 0 }

const event = <Name extends string>(name: Name) =>
  ({ name, actorId: null, subjectId: null, outcome: 'success' }) as const

/** @throws NotJsonLines when none of the first lines is an object */
async function* batchesOf(
  source: AsyncIterable<Uint8Array>,
  read: (line: Line) => Entry | Fault,
): AsyncGenerator<{ batch: Batch; bytesRead: number }> {
  let pending: (Entry | Fault)[] = []
  let [isFirst, lastByte] = [true, 0]

  function full(bytesRead: number) {
    const faults = pending.filter((each) => 'fault' in each)
    if (isFirst && faults.filter(({ isObject }) => !isObject).length === pending.length) throw new NotJsonLines()
    isFirst = false
    const batch = { lines: pending.length, entries: pending.filter((each) => 'account' in each), faults }
    pending = []
    return { batch, bytesRead }
  }

  for await (const { lines, bytesRead } of linesOf(source)) {
    for (const line of lines) {
      pending.push(read(line))
      if (pending.length === batchSize) yield full(bytesRead)
    }
    lastByte = bytesRead
  }
  if (pending.length > 0 || isFirst) yield full(lastByte)
}

function sumOf(a: ImportCounts, b: ImportCounts): ImportCounts {
  return {
    lines: a.lines + b.lines,
    added: a.added + b.added,
    alreadyThere: a.alreadyThere + b.alreadyThere,
    faulty: a.faulty + b.faulty,
    withoutPassword: a.withoutPassword + b.withoutPassword,
  }
}
