import { register } from 'node:module'

/**
 * Loaded into a server before it starts: replaces some text of one of its built modules. What is replaced must be there,
 * or the fault would not be planted and the test would prove nothing.
 * `plant.mjs?plant=<JSON of { module, text, by }>`
 */
const planted = new URL(import.meta.url).searchParams.get('plant')
register(
  `data:text/javascript,${encodeURIComponent(`
  import { readFile } from 'node:fs/promises'
  const { module, text, by } = ${planted}
  export async function load(url, context, next) {
    if (!url.endsWith('/dist/' + module)) return next(url, context)
    const source = await readFile(new URL(url), 'utf8')
    if (!source.includes(text)) throw new Error('There is no such text in ' + module)
    return { format: 'module', shortCircuit: true, source: source.replace(text, () => by) }
  }
`)}`,
)
