/** Writes the matrix that is committed, so that a change of access shows as a diff. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'

const table = execFileSync(process.execPath, ['dist/cli.js', 'policy', 'matrix'], { encoding: 'utf8' })
writeFileSync(
  'docs/permission-matrix.md',
  `# The permission matrix

Every field × every kind of caller, out of schema, policy and door. \`npm run matrix\` writes this file; a test fails when
it is stale, and another one makes the requests. **own**: of what is their own. **where**: of what meets a condition of
the policy. **step-up**: after proving again who they are. The columns are people who hold one role, proven long ago, and
a machine of each of them that has every scope. What is open below a field that is denied cannot be reached.

${table}`,
)
