import { statSync } from 'node:fs'

/** In a fresh clone nobody knows what takes long; started last, each of these would leave the other worker idle. */
const slow = [
  'sessions/interleavings',
  'authorization/planted',
  'authorization/generated',
  'fuzz/hostile',
  'sessions/model',
]

/** What Jest asks for the order of test files: these first, then the largest, as it does itself where it knows nothing. */
export default class SlowestFirst {
  /**
   * @template {{ readonly path: string }} Test
   * @param {Iterable<Test>} tests
   */
  sort(tests) {
    const rank = (/** @type {string} */ path) => {
      const index = slow.findIndex((name) => path.endsWith(`${name}.test.ts`))
      return index < 0 ? slow.length : index
    }
    const sizeOf = (/** @type {string} */ path) => statSync(path).size
    return [...tests].toSorted(
      (one, other) => rank(one.path) - rank(other.path) || sizeOf(other.path) - sizeOf(one.path),
    )
  }

  cacheResults() {}

  /** @template Test @param {Test[]} tests */
  allFailedTests(tests) {
    return tests
  }
}
