/**
 * One line that says what is going on, at a terminal only: where output is kept, it would be a line for each step.
 * @param {NodeJS.WriteStream} stream
 */
export function createProgress(stream) {
  const startedAt = performance.now()
  let what = ''
  let step = ''
  const draw = () => {
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
    stream.write(`\r\u001b[2K${`· ${time} ${what}${step && `, ${step}`}`.slice(0, (stream.columns || 80) - 1)}`)
  }
  const timer = stream.isTTY ? setInterval(draw, 1_000) : undefined
  return {
    /** @param {string} now */
    show(now) {
      what = now
      step = ''
      if (stream.isTTY) draw()
    },
    /** @param {string} now */
    step(now) {
      step = now
      if (stream.isTTY) draw()
    },
    /** Leaves the line to whoever writes next. */
    clear() {
      if (stream.isTTY) stream.write('\r\u001b[2K')
    },
    stop() {
      clearInterval(timer)
      this.clear()
    },
  }
}
