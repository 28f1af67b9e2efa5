import { gunzipSync } from 'node:zlib'

const blockBytes = 512

/**
 * One file out of a gzipped tar archive; nothing else of it is written or run.
 * @param {Buffer} archive
 * @param {(name: string) => boolean} isWanted
 * @returns {Buffer | null}
 */
export function readFileFromTarball(archive, isWanted) {
  const tar = gunzipSync(archive)
  for (let at = 0; at + blockBytes <= tar.length;) {
    const name = text(tar, at, 100)
    if (name === '') break
    const size = Number.parseInt(text(tar, at + 124, 12), 8)
    const prefix = text(tar, at + 257, 5) === 'ustar' ? text(tar, at + 345, 155) : ''
    const start = at + blockBytes
    if (isWanted(prefix === '' ? name : `${prefix}/${name}`)) return tar.subarray(start, start + size)
    at = start + Math.ceil(size / blockBytes) * blockBytes
  }
  return null
}

/**
 * @param {Buffer} tar
 * @param {number} start
 * @param {number} length
 */
function text(tar, start, length) {
  return (tar.toString('latin1', start, start + length).split('\0')[0] ?? '').trim()
}
