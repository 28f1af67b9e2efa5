import { Presets, SingleBar } from 'cli-progress'

const atTerminal = '  {what}  {bar} {percentage} %  {value} of {total}  {rate}/s  {eta_formatted} left'
const elsewhere = '  {what}: {percentage} %, {value} of {total}, {rate}/s, {eta_formatted} left'

/**
 * A bar with rate and time left at a terminal; elsewhere a line every ten seconds.
 * @param {string} what
 * @param {number} total
 */
export function createProgress(what, total) {
  const stream = process.stdout
  const bar = new SingleBar(
    {
      stream,
      format: stream.isTTY ? atTerminal : elsewhere,
      etaBuffer: 200,
      hideCursor: true,
      noTTYOutput: true,
      notTTYSchedule: 10_000,
    },
    Presets.shades_classic,
  )
  let begunAt = performance.now()
  let begunWith = -1
  return {
    /** @param {number} value */
    update(value) {
      if (begunWith < 0) {
        ;[begunAt, begunWith] = [performance.now(), value]
        bar.start(total, value, { what, rate: 0 })
        return
      }
      const seconds = (performance.now() - begunAt) / 1000
      bar.update(value, { what, rate: Math.round((value - begunWith) / Math.max(seconds, 0.001)) })
    },
    stop() {
      if (begunWith >= 0) bar.stop()
    },
  }
}
