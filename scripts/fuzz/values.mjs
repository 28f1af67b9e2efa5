/**
 * Values that somebody hostile would send, as JSON texts or as strings. Most carry the canary of the request: a mark
 * that nothing else has, and that must not come back.
 *
 * @typedef {import('./dice.mjs').Dice} Dice
 */

/** What every canary starts with; what was never sent on purpose cannot be found by accident. */
export const mark = 'zqcanary'
/**
 * Stands for the mark in a request that asks for something to be kept: what was kept may come back. Of the same length,
 * or `content-length` would be wrong.
 */
export const keptMark = 'zqkeptit'

/** Of everybody who is there. */
export const password = 'correct horse battery staple'

/** @param {number} number of the request, so that whoever finds it in a log knows where it came from */
export const canaryOf = (number) => `${mark}${number.toString(36)}x`

/**
 * The number of the request that a canary belongs to, or null.
 * @param {string} text
 */
export function numberIn(text) {
  const [, number] = new RegExp(`${mark}([0-9a-z]+?)x`).exec(text.toLowerCase()) ?? []
  return number === undefined ? null : Number.parseInt(number, 36)
}

const nul = '\u0000'
const patterns = ['(a+)+$', '%00', '%2e%2e%2f', '../../etc/passwd', "' OR 1=1 --", '<script>', '${7*7}', '{{7*7}}']
const odd = ['\ufeff', '\u202e', '\u200b', '\ud800', '\udfff', nul, '\r\nSet-Cookie: a=b', '\u2028', 'ß', 'İ', 'K', 'ﬃ']

/**
 * A string, as it is.
 * @param {Dice} dice
 * @param {string} canary
 */
export function hostileText(dice, canary) {
  return dice.pick([
    () => canary,
    () => `${canary}${dice.pick(odd)}`,
    () => `${dice.pick(odd)}${canary}`,
    () => `${canary}${dice.pick(patterns)}`,
    () => `${canary}@example.com`,
    () => canary.repeat(1 + dice.below(40)),
    () => `${canary}${'a'.repeat(dice.below(9_000))}!`,
    () => `usr_${'0'.repeat(26)}${canary}`,
    () => Buffer.from(`${dice.below(2 ** 31)} usr_${canary}`).toString('base64url'),
    () => `"${canary}"`,
    () => `\\u00${canary}`,
    () => '',
  ])()
}

/**
 * A value, as JSON. Not made of values, because JSON can say more than they: keys twice, numbers beyond all bounds.
 * @param {Dice} dice
 * @param {string} canary
 * @param {number} [depth]
 * @returns {string}
 */
export function hostileJson(dice, canary, depth = 0) {
  const inner = () => (depth < 3 ? hostileJson(dice, canary, depth + 1) : 'null')
  return dice.pick([
    () => JSON.stringify(hostileText(dice, canary)),
    () => JSON.stringify(hostileText(dice, canary)),
    () => dice.pick(['null', 'true', 'false', '0', '-0', '""', '[]', '{}']),
    () => dice.pick(['1e999', '-1e999', '1e-999', '9007199254740993', '2147483648', '1.5', '-1', '1'.repeat(400)]),
    () => `[${dice.times(dice.below(4), inner).join(',')}]`,
    () => `{${JSON.stringify(dice.pick(keys))}:${inner()}}`,
    () => `{"${canary}":${inner()},"${canary}":${inner()}}`,
    () => `"\\ud800${canary}"`,
    () =>
      `${'['.repeat(dice.pick([10, 21, 200, 4_000]))}"${canary}"`.replace(
        /^(\[+)(.*)$/,
        (_, open, text) => open + text + ']'.repeat(open.length),
      ),
    () => `{"$ne":null,"${canary}":1}`,
    () => `{"$where":"sleep(1000)||'${canary}'"}`,
  ])()
}

const keys = [
  '__proto__',
  'constructor',
  'prototype',
  '$gt',
  '$ne',
  '$regex',
  'a.b',
  '',
  'toString',
  'then',
  'length',
  'id',
]
