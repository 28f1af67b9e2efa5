/** Fails when the committed types are not the ones that the schema gives now. Nothing is written. */
import { readFile } from 'node:fs/promises'
import { generate, loadContext } from '@graphql-codegen/cli'

const context = await loadContext('codegen.yml')
context.updateConfig({ silent: true })
const files = await generate(context, false)
const stale = []
for (const { filename, content } of files) {
  if ((await readFile(filename, 'utf8').catch(() => '')) !== content) stale.push(filename)
}
if (stale.length > 0) {
  console.error(`Stale: ${stale.join(', ')}. Run "npm run codegen" and commit the result.`)
  process.exitCode = 1
}
