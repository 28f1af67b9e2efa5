import { working } from '../setup/say.mjs'

/**
 * @typedef {import('./stage.mjs').Finding} Finding
 * @typedef {Awaited<ReturnType<typeof import('./hunt.mjs').hunt>>} Result
 */

const barWidth = 30

/**
 * Shows how far it is: a bar at a terminal, a line for each tenth elsewhere.
 * @param {number} of
 * @returns {NonNullable<import('./hunt.mjs').Options['onProgress']>}
 */
export function progressText(of) {
  let told = 0
  return ({ done, perSecond, findings }) => {
    const share = done / of
    const facts = `${done} of ${of}, ${Math.round(perSecond)}/s, ${findings} found`
    if (process.stdout.isTTY) {
      const full = Math.round(share * barWidth)
      process.stdout.write(`\r${'█'.repeat(full)}${'░'.repeat(barWidth - full)} ${facts} ${done === of ? '\n' : ''}`)
    } else if (Math.floor(share * 10) > told) {
      told = Math.floor(share * 10)
      working(facts)
    }
  }
}

/** @param {Finding} finding @param {number} seed */
export function findingText({ what, detail, number, kind, server, sent, got }, seed) {
  const again = number === null ? '' : `\nagain: npm run fuzz -- --seed ${seed} --replay ${number}`
  return [`${what} (${kind}, ${server} server): ${detail}${again}`, '--- sent', sent, '--- got', got].join('\n')
}

/** @param {Result} result */
export function summaryText({ done, seconds, servers, tokens, kinds, statuses, codes, slow }) {
  const lines = [
    `${done} requests in ${Math.round(seconds)} s, ${Math.round(done / seconds)} a second`,
    `kinds     ${tableText(kinds)}`,
    `statuses  ${tableText(statuses)}`,
    `codes     ${tableText(codes)}`,
    `tokens    ${tokens} were given out`,
    `slowest   ${slow.map(({ number, kind, ms }) => `${number} (${kind}) ${Math.round(ms)} ms`).join(', ')}`,
  ]
  for (const { name, firstMb, mostMb, lastMb, probeMs } of servers) {
    const sorted = probeMs.toSorted((one, other) => one - other)
    const at = (/** @type {number} */ share) => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0)
    lines.push(
      `${name.padEnd(10)}memory ${firstMb} MB at first, ${mostMb} at most, ${lastMb} at last; health answered in ${at(0.5)} ms (half), ${at(0.99)} ms (99 %), ${at(1)} ms (all)`,
    )
  }
  return lines.join('\n')
}

/** @param {Readonly<Record<string, number>> | undefined} counts */
function tableText(counts = {}) {
  const entries = Object.entries(counts).toSorted(([, one], [, other]) => other - one)
  return entries.map(([name, count]) => `${name} ${count}`).join(', ')
}
