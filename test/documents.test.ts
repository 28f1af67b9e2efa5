import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parse, validate } from 'graphql'
import { bareSchema } from '../src/access-control.js'
import { loadTypeDefs } from '../src/graphql/schema.js'
import { rateLimitNames } from '../src/setting-types.js'
import { defaultLimits } from '../src/limits/limit-settings.js'
import { wireCodes } from '../src/graphql/errors.js'

const root = join(import.meta.dirname, '..')
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8')

/** Everything that people read, as paths below the root. */
const documents = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => join('docs', path)),
]
const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.includes('generated'))
  .map((path) => textOf(join('src', path)))

const readme = textOf('README.md')

/** The text under one heading, up to the next one of any level. */
function section(text: string, heading: string): string {
  const [, after] = text.split(`\n${heading}\n`)
  if (after === undefined) throw new Error(`There is no "${heading}"`)
  return after.split(/\n#+ /)[0] ?? ''
}

/** What the rows of its table are about: the code in their first cell. */
function firstCells(text: string): string[] {
  return [...text.matchAll(/^\| `([^`]+)`/gm)].map(([, cell = '']) => cell).sort()
}

function found(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].flatMap((match) => match.slice(1).filter((group) => group !== undefined))
}

const sorted = (values: Iterable<string>): string[] => [...new Set(values)].sort()

/** `super('kind', 'CODE'`, and the codes that a constructor takes as its argument (`code: 'A' | 'B'`). */
const literalCode = /(?:super|new DomainError)\(\s*'[a-z-]+',\s*'([A-Z_]+)'/g
const codeArgument = /constructor\(code: ((?:'[A-Z_]+'(?: \| )?)+)\)/g

test('SECURITY.md says of every collection what a dump of it gives away', () => {
  const collections = sources.flatMap((text) => found(text, /\bcollection: '(\w+)'/g))
  // Those of the library that counts are named elsewhere.
  expect(firstCells(section(textOf('SECURITY.md'), '## A dump of the database'))).toEqual(
    sorted([...collections, 'rateLimits']),
  )
})

describe('The README', () => {
  test('lists every code that an error can have, and no other', () => {
    expect(firstCells(section(readme, '## Error codes'))).toEqual([...wireCodes].sort())
  })

  test('lists every reason that an error can have, and no other', () => {
    const reasons = sources.flatMap((text) => [
      ...found(text, literalCode),
      ...found(text, codeArgument).flatMap((union) => found(union, /'([A-Z_]+)'/g)),
      // Of the protocol: limits, and the answers of HTTP itself (status: [code, reason, message]).
      ...found(text, /\breason: '([A-Z_]+)'/g),
      ...found(text, /^ {2}\d{3}: \['[A-Z_]+', '([A-Z_]+)'/gm),
      ...found(text, /^ {2}\d{3}: \[(?:'([A-Z_]+)'|masked), masked/gm),
      ...found(text, /^const masked = '([A-Z_]+)'/gm),
    ])
    expect(firstCells(section(readme, '### Reasons'))).toEqual(sorted(reasons))
  })

  test('overlooks no class of errors in that', () => {
    const overlooked = sources.flatMap((text) =>
      found(text, /class (\w+) extends DomainError/g).filter((name) => {
        const [, body = ''] = text.split(`class ${name} extends DomainError`)
        const [own = ''] = body.split(/\n}/)
        const codes = [...found(own, literalCode), ...found(own, codeArgument)]
        return codes.length === 0
      }),
    )
    expect(overlooked).toEqual([])
  })

  test('lists every setting that is read, and no other', () => {
    const read = found(textOf('src/config.ts'), /\b(?:read|given)(?:<[^>]+>)?\('([A-Z0-9_]+)'/g)
    expect(firstCells(section(readme, '## Settings'))).toEqual(sorted(read))
  })

  test('lists every limit that RATE_LIMITS can set, with its default', () => {
    const named = found(section(readme, '## Settings'), /(`\w+` \(\d+\))/g)
    const limits = rateLimitNames.map((name) => `\`${name}\` (${defaultLimits[name]})`)
    expect(named.sort()).toEqual(limits.sort())
  })

  test('maps every folder of src', () => {
    const folders = readdirSync(join(root, 'src'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `src/${name}/`)
    const mapped = firstCells(section(readme, '## The map of the house')).filter((path) => /^src\/.*\/$/.test(path))
    expect(mapped).toEqual(folders.sort())
  })
})

/** Those before the chapter about other people's schemas. */
const operations = found(
  readme.split('\n## Authorize your schema\n')[0] ?? '',
  /^```graphql\n((?:query|mutation)[^]+?)^```$/gm,
)

test.each(operations)('The schema takes the operations of the README: %s', (text) => {
  expect(validate(bareSchema(loadTypeDefs()), parse(text))).toEqual([])
})

test('Decision 0001 has a line for every dependency, and for no other package', () => {
  const { dependencies, devDependencies } = JSON.parse(textOf('package.json')) as Record<string, object>
  const packages = Object.keys({ ...dependencies, ...devDependencies })
  expect(firstCells(textOf('docs/decisions/0001-dependencies.md'))).toEqual(packages.sort())
})

describe.each(documents)('%s', (document) => {
  const text = textOf(document)
  const exists = (path: string): boolean => existsSync(join(root, path))

  test('names no file that does not exist', () => {
    const named = found(text, /`((?:[\w.@-]+\/)+[\w.-]+\.[a-z]+)`/g)
    // What a build or a start makes is not in a fresh clone.
    expect(named.filter((path) => !/^(dist|\.data|node_modules)\//.test(path) && !exists(path))).toEqual([])
  })

  test('links to no file that does not exist', () => {
    const linked = found(text, /\]\((?!https?:|#)([^)#]+)/g)
    expect(linked.filter((path) => !exists(join(dirname(document), path)))).toEqual([])
  })

  test('names no npm script that does not exist', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: object }
    const named = found(text, /\bnpm (?:run )?((?<=run )[\w:]+|start|test)\b/g)
    expect(sorted(named).filter((name) => !(name in scripts))).toEqual([])
  })
})
