import { open, type FileHandle } from 'node:fs/promises'
import { DomainError } from '../kernel/errors.js'
import type { BreachList } from './breached.js'
import { entryOf, hashLength } from './breach-range.js'

/** What is read at once; a line has some 50 bytes. */
const blockBytes = 4096

/** More than a line has. */
const mostLineBytes = 128

/** Lines that are looked at when the file is opened. */
const samples = 64

export class BreachFileUnusable extends DomainError {
  constructor(what: string) {
    const wanted = 'It must have lines of HASH:COUNT (SHA-1), sorted by hash.'
    super('invalid', 'CONFIG_INVALID', `Configuration:\n  BREACHED_PASSWORDS names a file that ${what}. ${wanted}`)
  }
}

/**
 * A file of `HASH:COUNT` lines sorted by hash, as the official downloader writes it: 40 GB, of which a search reads some
 * 25 blocks. It stays open: what replaces it is looked at by the next start.
 * @throws BreachFileUnusable when it cannot be read, and when samples of it are not in order
 */
export async function breachFile(path: string): Promise<BreachList> {
  const file = await open(path, 'r').catch(() => null)
  if (file === null) throw new BreachFileUnusable('cannot be read')
  try {
    const stats = await file.stat()
    if (!stats.isFile()) throw new BreachFileUnusable('is none')
    const { size } = stats
    await checkOrder(file, size)
    return { has: (hash) => isIn(file, size, hash), close: () => file.close() }
  } catch (cause) {
    await file.close()
    throw cause
  }
}

async function checkOrder(file: FileHandle, size: number): Promise<void> {
  let before = ''
  for (let sample = 0; sample < samples; sample += 1) {
    const line = await lineAfter(file, Math.floor((size * sample) / samples))
    // Behind the last line feed there may be nothing more.
    if (line === null && sample > 0) return
    const entry = line === null ? null : entryOf(line.text, hashLength)
    if (entry === null) throw new BreachFileUnusable(size === 0 ? 'is empty' : 'has other lines')
    if (entry.hash < before) throw new BreachFileUnusable('is not sorted')
    before = entry.hash
  }
}

/** Halves the bytes and not the lines: where a line begins is only known once one has been there. */
async function isIn(file: FileHandle, size: number, hash: string): Promise<boolean> {
  // A line begins at each of the two, and what is looked for is between them.
  let [from, until] = [0, size]
  let [least, most] = ['', 'G']
  while (until - from > blockBytes) {
    const line = await lineAfter(file, Math.floor((from + until) / 2))
    const found = demandEntry(line?.text ?? '')
    if (found.hash < least || found.hash > most || line === null) throw new Error('The breach file is not sorted')
    if (found.hash <= hash) [from, least] = [line.begin, found.hash]
    else [until, most] = [line.begin, found.hash]
  }
  const lines = (await read(file, from, until - from)).split('\n').filter((line) => line.trim() !== '')
  return lines.map(demandEntry).some((entry) => entry.hash === hash && entry.count > 0)
}

/** The first line that begins after a position, or the very first one; null when there is none, or no end of it. */
async function lineAfter(file: FileHandle, position: number) {
  const text = await read(file, position, 2 * mostLineBytes)
  const begin = position === 0 ? 0 : text.indexOf('\n') + 1
  if (position > 0 && begin === 0) return null
  const [line = ''] = text.slice(begin).split('\n')
  return line === '' ? null : { text: line, begin: position + begin }
}

function demandEntry(line: string) {
  const entry = entryOf(line, hashLength)
  // The line is not quoted: it may be next to the one that was looked for.
  if (entry === null) throw new Error('The breach file has a line that is no hash and count')
  return entry
}

async function read(file: FileHandle, position: number, length: number): Promise<string> {
  const buffer = Buffer.alloc(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.toString('latin1', 0, filled)
}
