import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { describe, expect, test } from '@jest/globals'

const root = join(import.meta.dirname, '..', 'src')

interface SourceFile {
  readonly path: string
  readonly text: string
  /** Modules it imports; our own as paths below src, without extension. */
  readonly imports: readonly { readonly module: string; readonly typeOnly: boolean }[]
}

const files: SourceFile[] = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.includes('generated'))
  .map((path) => {
    const text = readFileSync(join(root, path), 'utf8')
    return { path, text, imports: importsOf(path, text) }
  })

function importsOf(path: string, text: string): SourceFile['imports'] {
  const statements = text.matchAll(/^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm)
  return [...statements].map(([, typeOnly, module = '']) => ({
    typeOnly: typeOnly !== undefined,
    module: module.startsWith('.') ? normalize(join(dirname(path), module)).replace(/\.js$/, '') : module,
  }))
}

const rooms = ['kernel', 'http', 'graphql', 'authorization', 'mongo', 'toolkit', 'client']
const roomOf = (path: string): string => (path.includes('/') ? (path.split('/')[0] ?? '') : '')
const slices = [...new Set(files.map(({ path }) => roomOf(path)))].filter(
  (room) => room !== '' && !rooms.includes(room),
)

const graphqlPackages = /^(graphql|graphql-.*|@graphql-tools\/.*|@apollo\/.*|@as-integrations\/.*|@casl\/.*)$/

interface Rule {
  readonly name: string
  readonly files: RegExp
  /** A file that breaks the rule, by path and text: a rule that lets it through is no rule. */
  readonly planted: readonly [string, string]
  readonly except?: RegExp
  readonly mustNotImport?: RegExp
  readonly mustNotContain?: RegExp
}

const rules: Rule[] = [
  {
    name: 'the kernel knows nobody',
    planted: ['kernel/x.ts', "import { a } from '../users/service.js'"],
    files: /^kernel\//,
    mustNotImport: /^(?!kernel\/|node:)/,
  },
  {
    name: 'a pure rule file imports the kernel, its own slice and node at most',
    planted: ['sessions/session.ts', "import { a } from 'mongoose'"],
    files:
      /\/(session|refresh-token|refresh-verdict|signing-keys|access-token-shape|email-address|display-name|password-rules|context-words|guessability-advice|breach-range|backoff|network-of|freshness)\.ts$/,
    mustNotImport: /^(?!kernel\/|node:(crypto|url)|sessions\/(session|refresh-token)$)/,
  },
  {
    name: 'a service knows neither GraphQL nor Mongoose nor Fastify nor the environment',
    planted: ['users/service.ts', "import { GraphQLError } from 'graphql'"],
    files: /\/service\.ts$/,
    mustNotImport: /^(graphql|mongoose|fastify|@apollo|@fastify|graphql\/)/,
    mustNotContain: /process\.env/,
  },
  {
    name: 'a store is types only',
    planted: ['users/store.ts', 'export const find = 1'],
    files: /\/store\.ts$/,
    mustNotContain: /^export (const|function|class|let)(?! ringSize)/m,
  },
  {
    name: 'only Mongo adapters know Mongoose',
    planted: ['users/service.ts', "import mongoose from 'mongoose'"],
    files: /./,
    except: /^mongo\/|\/mongo-store\.ts$/,
    mustNotImport: /^(mongoose|mongodb)$/,
  },
  {
    name: 'only the composition root knows the adapters',
    planted: ['users/service.ts', "import { a } from './mongo-store.js'"],
    files: /./,
    except: /^app\.ts$/,
    mustNotImport: /\/mongo-store$/,
  },
  {
    name: 'a resolver never meets a store',
    planted: ['users/resolvers.ts', "import type { UserStore } from './store.js'"],
    files: /\/resolvers\.ts$/,
    mustNotImport: /store$/,
  },
  {
    name: 'only the GraphQL rooms know GraphQL packages',
    planted: ['users/resolvers.ts', "import {\n  GraphQLError,\n} from 'graphql'"],
    files: /./,
    except: /^(graphql|http|authorization|toolkit|client)\//,
    mustNotImport: graphqlPackages,
  },
  {
    name: 'only graphql/errors.ts knows wire codes',
    planted: ['users/service.ts', "const code = 'BAD_USER_INPUT'"],
    files: /./,
    except: /^graphql\/|^kernel\/errors\.ts$/,
    mustNotContain: /'(BAD_USER_INPUT|INTERNAL_SERVER_ERROR|UNAUTHENTICATED)'/,
  },
  {
    name: 'the authorization engine can be published alone',
    planted: ['authorization/x.ts', "import { a } from '../config.js'"],
    files: /^authorization\//,
    mustNotImport:
      /^(?!authorization\/|kernel\/|node:|graphql$|graphql-shield$|graphql-middleware$|@graphql-tools\/|@casl\/|dataloader$)/,
  },
  {
    name: 'an attacker knows nothing of what it attacks',
    planted: ['attack/checks/x.ts', "import { maxTokens } from '../../graphql/limits.js'"],
    files: /^attack\//,
    mustNotImport: /^(?!attack\/|kernel\/(clock|random)$|node:)/,
  },
  {
    name: 'what takes a second of CPU runs in a worker, and never on the event loop',
    planted: ['passwords/x.ts', "import { ZxcvbnFactory } from '@zxcvbn-ts/core'"],
    files: /./,
    mustNotImport: /^@zxcvbn-ts\//,
  },
  {
    name: 'only the kernel tells the time',
    planted: ['users/service.ts', 'const now = new Date()'],
    files: /./,
    except: /^kernel\/clock\.ts$/,
    mustNotContain: /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/,
  },
  {
    name: 'only the kernel throws dice',
    planted: ['users/service.ts', 'const die = Math.random()'],
    files: /./,
    except: /^kernel\/random\.ts$/,
    mustNotContain: /\bMath\.random\(|\brandomBytes\(|\brandomUUID\(|\bgetRandomValues\(/,
  },
  {
    name: 'only main, cli and config read the environment',
    planted: ['users/service.ts', 'const port = process.env.PORT'],
    files: /./,
    except: /^(main|cli|config)\.ts$/,
    mustNotContain: /\bprocess\./,
  },
  {
    name: 'nothing is called utils',
    planted: ['users/utils.ts', 'export {}'],
    files: /(^|\/)(utils?|helpers?|common|misc)(\.ts$|\/)/,
    mustNotContain: /[^]/,
  },
]

function breachesOf(rule: Rule, among: readonly SourceFile[]): string[] {
  return among
    .filter(({ path }) => rule.files.test(path) && !rule.except?.test(path))
    .flatMap(({ path, text, imports }) => [
      ...imports
        .filter(({ module }) => rule.mustNotImport?.test(module))
        .map(({ module }) => `${path} imports ${module}`),
      ...(rule.mustNotContain?.test(text) ? [`${path} contains ${rule.mustNotContain.source}`] : []),
    ])
}

describe('The import rules', () => {
  test.each(rules.map((rule) => [rule.name, rule] as const))('%s', (_name, rule) => {
    expect(breachesOf(rule, files)).toEqual([])
    const [path, text] = rule.planted
    expect(breachesOf(rule, [{ path, text, imports: importsOf(path, text) }])).toHaveLength(1)
  })

  test('another slice is met at its service, or at the types of its store', () => {
    const breaches = files
      .filter(({ path }) => slices.includes(roomOf(path)))
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ module }) => slices.includes(roomOf(module)) && roomOf(module) !== roomOf(path))
          .filter(
            ({ module, typeOnly }) => !module.endsWith('/service') && !(typeOnly && /\/(store|events)$/.test(module)),
          )
          .map(({ module }) => `${path} imports ${module}`),
      )
    expect(breaches).toEqual([])
  })

  test('the slices form a DAG', () => {
    const edges = new Map(slices.map((slice) => [slice, new Set<string>()]))
    for (const { path, imports } of files) {
      for (const { module } of imports) {
        if (slices.includes(roomOf(module)) && roomOf(module) !== roomOf(path))
          edges.get(roomOf(path))?.add(roomOf(module))
      }
    }
    expect(cycleIn(edges)).toBeNull()
  })

  test('no file is longer than 400 lines', () => {
    const long = files.filter(({ text }) => text.split('\n').length > 401).map(({ path }) => path)
    expect(long).toEqual([])
  })

  test('no barrels but the public entries', () => {
    const barrels = files.map(({ path }) => path).filter((path) => path.endsWith('index.ts'))
    expect(barrels.sort()).toEqual(['authorization/index.ts', 'index.ts'])
  })
})

function cycleIn(edges: ReadonlyMap<string, ReadonlySet<string>>): string | null {
  const done = new Set<string>()
  const visit = (slice: string, path: readonly string[]): string | null => {
    if (path.includes(slice)) return [...path, slice].join(' -> ')
    if (done.has(slice)) return null
    for (const next of edges.get(slice) ?? []) {
      const cycle = visit(next, [...path, slice])
      if (cycle !== null) return cycle
    }
    done.add(slice)
    return null
  }
  for (const slice of edges.keys()) {
    const cycle = visit(slice, [])
    if (cycle !== null) return cycle
  }
  return null
}

test('paths in this test are relative to src', () => {
  expect(relative(root, join(root, 'app.ts'))).toBe('app.ts')
  expect(files.length).toBeGreaterThan(30)
})
