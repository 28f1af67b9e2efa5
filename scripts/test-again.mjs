/**
 * Runs the test files that failed beside others once more, alone: two workers and a database on two cores may leave a
 * test less of the machine than it needs. Both runs are told, and a file that passes alone only has a test to be mended.
 * What fails alone has failed; where more than three files did, nothing is tried.
 *
 *   node scripts/test-again.mjs results.json
 *
 * `results.json` is what `jest --json` wrote; it says afterwards what the last run of each file came to.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'

const mostFiles = 3
const [path = ''] = process.argv.slice(2)
const first = resultsIn(path)
const failed = first.testResults.filter(({ status }) => status === 'failed').map(({ name }) => name)
if (failed.length === 0 || failed.length > mostFiles) process.exit(1)

const names = failed.map((name) => relative(process.cwd(), name)).join(', ')
console.log(`\nFAILED beside others, run again alone: ${names}`)
const folder = mkdtempSync(join(tmpdir(), 'portcullis-again-'))
try {
  const again = join(folder, 'results.json')
  const node = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning']
  // A test that fails may leave a server open, which would be waited for.
  const jest = [
    'node_modules/jest/bin/jest.js',
    '--ci',
    '--forceExit',
    '--runInBand',
    '--json',
    `--outputFile=${again}`,
  ]
  const { status } = spawnSync(process.execPath, [...node, ...jest, '--runTestsByPath', ...failed], {
    stdio: 'inherit',
    timeout: 600_000,
  })
  const passedAlone = status === 0 ? names : null
  writeFileSync(path, JSON.stringify({ ...merged(first, resultsIn(again)), passedAlone }))
  process.exitCode = status === 0 ? 0 : 1
} finally {
  rmSync(folder, { recursive: true })
}

/**
 * @typedef {object} Results
 * @property {{ name: string, status: string, assertionResults: { status: string }[] }[]} testResults
 *
 * @param {string} file
 * @returns {Results}
 */
function resultsIn(file) {
  return JSON.parse(readFileSync(file, 'utf8'))
}

/**
 * @param {Results} before
 * @param {Results} after
 */
function merged(before, after) {
  const rest = before.testResults.filter(({ name }) => !failed.includes(name))
  const testResults = [...rest, ...after.testResults]
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults)
  return {
    testResults,
    numPassedTests: tests.filter(({ status }) => status === 'passed').length,
    numFailedTests: tests.filter(({ status }) => status === 'failed').length,
    // Those that could not even be loaded, or failed at their end.
    numRuntimeErrorTestSuites: testResults.filter(
      ({ status, assertionResults }) =>
        status === 'failed' && !assertionResults.some(({ status }) => status === 'failed'),
    ).length,
  }
}
