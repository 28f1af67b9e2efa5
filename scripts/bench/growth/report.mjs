/**
 * What came of it, as people read it.
 * @typedef {import('./population.mjs').Population} Population
 * @typedef {import('./rounds.mjs').Comparison & { verdict: 'met' | 'missed' }} Concluded
 */
import { columnsOf } from '../columns.mjs'
import { sessionCount } from './population.mjs'

const atMost = 1.1
const names = { signIn: 'sign-in', refresh: 'refresh' }

/**
 * @param {readonly import('./rounds.mjs').Comparison[]} comparisons
 * @returns {Concluded[]}
 */
export function conclude(comparisons) {
  return comparisons.map((comparison) => {
    return { ...comparison, verdict: comparison.ratioOfP95.median <= atMost ? 'met' : 'missed' }
  })
}

/**
 * @param {readonly Concluded[]} concluded
 * @param {{ small: Population, large: Population }} populations
 */
export function tableOf(concluded, { small, large }) {
  const [few, many] = [small, large].map(
    (population) => `${count(population.users)}/${count(sessionCount(population))}`,
  )
  const rows = concluded.flatMap(({ operation, small, large, ratioOfP50, ratioOfP95, verdict }) => [
    [`${names[operation]} p95`, `≤ ${atMost}`, ...ratio(ratioOfP95), ms(small.p95), ms(large.p95), verdict],
    [`${names[operation]} p50`, '', ...ratio(ratioOfP50), ms(small.p50), ms(large.p50), ''],
  ])
  const titles = ['', 'goal', 'got', 'min–max', `${few}`, `${many}`, 'verdict']
  return columnsOf([titles, ...rows])
}

/**
 * @param {readonly import('./sizes.mjs').CollectionSize[]} sizes
 * @param {ReturnType<typeof import('./sizes.mjs').bytesPerPerson>} each
 */
export function sizeLines(sizes, { user, session }) {
  const rows = sizes.map(({ collection, documents, document, stored, indexes }) =>
    [collection, count(documents), document, stored, indexes].map(String),
  )
  return [
    columnsOf([['bytes for each', 'documents', 'sent', 'on disk', 'in indexes'], ...rows]),
    `a user takes ${user.stored} bytes on disk and ${user.indexes} in indexes, a session ${session.stored} and ${session.indexes}`,
  ]
}

/** @param {import('../statistics.mjs').Spread} spread */
function ratio({ median, min, max }) {
  return [median.toFixed(3), `${min.toFixed(2)}–${max.toFixed(2)}`]
}

/** @param {number} value */
function ms(value) {
  return `${value.toFixed(1)} ms`
}

/** @param {number} value */
function count(value) {
  return value.toLocaleString('en')
}
