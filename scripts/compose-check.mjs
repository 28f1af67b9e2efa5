/** Fails when a federation router could not compose this subgraph. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { composeServices, compositionHasErrors } from '@theguild/federation-composition'
import { parse } from 'graphql'

const names = (await readdir('schema')).filter((name) => name.endsWith('.graphql')).sort()
const files = await Promise.all(names.map((name) => readFile(join('schema', name), 'utf8')))
const result = composeServices([
  { name: 'portcullis', typeDefs: parse(files.join('\n')), url: 'http://127.0.0.1:4000/graphql' },
])
if (compositionHasErrors(result)) {
  for (const { message } of result.errors) console.error(message)
  process.exitCode = 1
}
