/**
 * Reads answers off a connection, as strictly as RFC 9112 says: whatever is not one is a finding, not to be guessed at.
 *
 * @typedef {{ status: number, head: string, body: string }} Answer
 */

const headEnd = Buffer.from('\r\n\r\n')
const statusLine = /^HTTP\/1\.1 (\d{3}) [^\r\n]*$/

/** @param {{ isHead?: boolean | undefined }} exchange */
export function createAnswerReader({ isHead = false }) {
  /** @type {Buffer} */
  let unread = Buffer.alloc(0)
  /** @type {Answer[]} */
  const answers = []

  /** The length of the first whole answer in what is unread, 0 when there is none yet. */
  function readOne(/** @type {boolean} */ isClosed) {
    const end = unread.indexOf(headEnd)
    if (end < 0) return 0
    const head = unread.toString('latin1', 0, end)
    const [first = '', ...lines] = head.split('\r\n')
    const status = Number(statusLine.exec(first)?.[1])
    if (Number.isNaN(status)) throw new Error(`no status line: ${first.slice(0, 80)}`)
    const start = end + headEnd.length
    // An interim answer, such as 100 Continue, is followed by the real one.
    if (status < 200 && status !== 101) return start
    const found =
      isHead || status === 204 || status === 304 || status === 101
        ? { body: '', length: 0 }
        : readBody(start, headerOf(lines), isClosed)
    if (found === null) return 0
    answers.push({ status, head, body: found.body })
    return start + found.length
  }

  /** @param {number} start @param {(name: string) => string | undefined} header @param {boolean} isClosed */
  function readBody(start, header, isClosed) {
    if (header('transfer-encoding') === 'chunked') return readChunks(start)
    const declared = header('content-length')
    const length = declared === undefined ? (isClosed ? unread.length - start : Infinity) : Number(declared)
    return unread.length < start + length ? null : { body: unread.toString('utf8', start, start + length), length }
  }

  function readChunks(/** @type {number} */ start) {
    /** @type {Buffer[]} */
    const chunks = []
    for (let at = start; ;) {
      const end = unread.indexOf('\r\n', at)
      if (end < 0) return null
      const size = Number.parseInt(unread.toString('latin1', at, end), 16)
      if (unread.length < end + 2 + size + 2) return null
      at = end + 2 + size + 2
      if (size === 0) return { body: Buffer.concat(chunks).toString('utf8'), length: at - start }
      chunks.push(unread.subarray(end + 2, end + 2 + size))
    }
  }

  /** @param {boolean} isClosed */
  function readAll(isClosed) {
    for (let length = readOne(isClosed); length > 0; length = readOne(isClosed)) unread = unread.subarray(length)
  }

  return {
    answers,
    /** @param {Buffer} chunk */
    feed(chunk) {
      unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk])
      readAll(false)
    },
    /** Whatever came is all there is. */
    close() {
      readAll(true)
      return { left: unread.toString('latin1', 0, 200) }
    },
  }
}

/** @param {readonly string[]} lines */
function headerOf(lines) {
  return (/** @type {string} */ name) => {
    const line = lines.find((line) => line.toLowerCase().startsWith(`${name}:`))
    return line?.slice(name.length + 1).trim()
  }
}
