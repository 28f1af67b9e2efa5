/** A step that cannot go on; the message is one line and says what to do. */
export class Failure extends Error {}

const signs = process.stdout.isTTY
  ? { done: '✓', working: '·', fail: '✗' }
  : { done: 'ok', working: '..', fail: 'error:' }

/** @param {string} text */
export function done(text) {
  console.log(`${signs.done} ${text}`)
}

/** @param {string} text */
export function working(text) {
  console.log(`${signs.working} ${text}`)
}

/** @param {string} text */
export function fail(text) {
  console.error(`${signs.fail} ${text}`)
}
