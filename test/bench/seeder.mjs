/** Seeds, and dies in the middle of it, as a process does that is killed: no `finally`, no flush. For growth.test.ts. */
import { seed } from '../../scripts/bench/growth/seed.mjs'

const [, , uri = '', population = '', dieAfter = ''] = process.argv

await seed(uri, {
  population: JSON.parse(population),
  chunk: 2,
  onWritten(documents) {
    if (documents >= Number(dieAfter)) process.kill(process.pid, 'SIGKILL')
  },
})
