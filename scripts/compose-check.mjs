/**
 * Fails when a federation router could not compose this subgraph, alone or with the second one of the example: by the
 * free implementation, and by Apollo's own, which is what gateways run.
 */
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { composeServices, compositionHasErrors } from '@theguild/federation-composition'
import { parse } from 'graphql'
import { root } from './setup/folders.mjs'

const example = join(root, 'examples', 'federation')

/** @param {...string} paths */
const typeDefsOf = async (...paths) =>
  parse((await Promise.all(paths.map((path) => readFile(path, 'utf8')))).join('\n'))

const folder = join(root, 'schema')
const names = (await readdir(folder)).filter((name) => name.endsWith('.graphql')).sort()
const portcullis = {
  name: 'portcullis',
  typeDefs: await typeDefsOf(...names.map((name) => join(folder, name))),
  url: 'http://127.0.0.1:4000/graphql',
}
const notes = {
  name: 'notes',
  typeDefs: await typeDefsOf(join(folder, 'directives.graphql'), join(example, 'notes', 'schema.graphql')),
  url: 'http://127.0.0.1:4002/graphql',
}

for (const subgraphs of [[portcullis], [portcullis, notes]]) {
  const title = subgraphs.map(({ name }) => name).join(' and ')
  const result = composeServices(subgraphs)
  if (compositionHasErrors(result)) for (const { message } of result.errors) complain(`${title}: ${message}`)
  for (const message of await composeWithApollo(subgraphs)) complain(`${title}: ${message}`)
}

/**
 * Its errors, and its warnings, which are where a router would do something that nobody meant.
 * @param {typeof portcullis[]} subgraphs
 * @returns {Promise<string[]>}
 */
async function composeWithApollo(subgraphs) {
  if (!existsSync(join(example, 'node_modules', '@apollo', 'composition'))) {
    return ['the packages of the example are missing: run "node scripts/setup.mjs --examples"']
  }
  const { compose } = await import(new URL('../examples/federation/supergraph.mjs', import.meta.url).href)
  try {
    return compose(subgraphs).hints.filter((/** @type {string} */ hint) => hint.startsWith('WARN'))
  } catch (cause) {
    return [cause instanceof Error ? cause.message : String(cause)]
  }
}

/** @param {string} message */
function complain(message) {
  console.error(message)
  process.exitCode = 1
}
