import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

/**
 * The chapter of the README and the service it is about. The service runs as a process of its own on what was built,
 * which is what whoever installs the package would run.
 */
const root = join(import.meta.dirname, '..', '..')
const folder = join(root, 'examples', 'notes')
const chapter = await chapterOf('## Authorize your schema')

async function chapterOf(heading: string): Promise<string> {
  const readme = await readFile(join(root, 'README.md'), 'utf8')
  const [, after] = readme.split(`\n${heading}\n`)
  if (after === undefined) throw new Error(`There is no "${heading}"`)
  return after.split('\n## ')[0] ?? ''
}

interface Example {
  readonly url: string
  readonly end: () => Promise<unknown>
}

/** What it printed, unless it is ready; then where it listens. */
async function start(where: string, settings: Record<string, string> = {}): Promise<Example | string> {
  const server = spawn(process.execPath, [join(where, 'server.js')], {
    env: { PATH: process.env['PATH'], PORT: '0', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [server.stdout, server.stderr])
    stream.setEncoding('utf8').on('data', (text) => (printed += text))
  const exited = once(server, 'close')
  return new Promise((resolve) => {
    server.stdout.on('data', () => {
      const [, url] = /^ready (\S+)$/m.exec(printed) ?? []
      if (url !== undefined) resolve({ url, end: () => (server.kill(), exited) })
    })
    void exited.then(() => resolve(printed))
  })
}

async function started(settings: Record<string, string> = {}, where = folder): Promise<Example> {
  const example = await start(where, settings)
  if (typeof example === 'string') throw new Error(example)
  return example
}

interface Request {
  readonly token: string | undefined
  readonly body: string
}

async function ask({ url }: Example, { token, body }: Request): Promise<{ status: number; answer: unknown }> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const headers = { 'content-type': 'application/json', ...authorization }
  const response = await fetch(url, { method: 'POST', headers, body })
  return { status: response.status, answer: await response.json() }
}

/** The README's commands are all of one form, so that reading them is running them. */
const command =
  /^curl -s \$NOTES -H 'content-type: application\/json'(?: -H 'authorization: Bearer (\S+)')? \\\n {2}-d '([^']+)'$/

function requestOf(text: string): Request {
  const [, token, body] = command.exec(text) ?? []
  if (body === undefined) throw new Error(`This command has another form: ${text}`)
  return { token, body }
}

describe('The files in the README', () => {
  const shown = new Map(
    [...chapter.matchAll(/^`(examples\/notes\/[^`]+)`\n\n```\w+\n(.*?)^```$/gms)].map(
      ([, path = '', text = '']) => [path, text] as const,
    ),
  )

  test('are all the files of the example', async () => {
    const files = (await readdir(folder)).map((name) => `examples/notes/${name}`)
    expect([...shown.keys()].toSorted()).toEqual(files.toSorted())
  })

  test.each([...shown])('%s is as it is on disk', async (path, text) => {
    expect(text).toBe(await readFile(join(root, path), 'utf8'))
  })
})

describe('The example', () => {
  let example: Example
  beforeAll(async () => {
    example = await started()
  })
  afterAll(() => example.end())

  const shown = [...chapter.matchAll(/^```bash\n(curl .*?)\n```\n\n```json\n(.*?)^```$/gms)].map(
    ([, text = '', answer = '']) => {
      const request = requestOf(text)
      return [`${request.token ?? 'no token'}, ${request.body}`, request, answer] as const
    },
  )

  test('answers every command that the README has', () => {
    expect(shown).toHaveLength(chapter.split('```bash\ncurl').length - 1)
    expect(shown.length).toBeGreaterThan(5)
  })

  test.each(shown)('answers as printed: %s', async (_name, request, answer) => {
    const given = await ask(example, request)
    expect(given.answer).toEqual(JSON.parse(answer))
  })

  test('tells absent and foreign apart in nothing', async () => {
    const [foreign, absent] = await Promise.all(
      ['note_3', 'note_9'].map((id) =>
        ask(example, { token: 'ada-token', body: JSON.stringify({ query: `{ note(id: "${id}") { text } }` }) }),
      ),
    )
    expect(foreign).toEqual(absent)
  })

  test('answers a token that is no good with status 401', async () => {
    const body = JSON.stringify({ query: '{ motto }' })
    expect(await ask(example, { token: 'nonsense', body })).toMatchObject({ status: 401 })
    expect(await ask(example, { token: undefined, body })).toMatchObject({ status: 200 })
  })

  test('lets a person delete a note of its own, freshly proven, and then it is gone', async () => {
    const make = JSON.stringify({ query: 'mutation { createNote(input: { text: "Buy salt" }) { id } }' })
    const { answer } = await ask(example, { token: 'ada-token', body: make })
    const { id } = (answer as { data: { createNote: { id: string } } }).data.createNote
    const body = JSON.stringify({ query: `mutation { deleteNote(id: "${id}") }` })
    expect(await ask(example, { token: 'ada-token', body })).toMatchObject({ answer: { data: { deleteNote: id } } })
    expect(await ask(example, { token: 'ada-token', body })).toMatchObject({ answer: { data: { deleteNote: null } } })
  })

  test('gives an editor on duty every note', async () => {
    const { answer } = await ask(example, { token: 'bob-token', body: JSON.stringify({ query: '{ notes { text } }' }) })
    expect((answer as { data: { notes: unknown[] } }).data.notes).toHaveLength(3)
  })
})

test('Read-only, the door refuses mutations of known callers before anything else is asked', async () => {
  const example = await started({ READ_ONLY: 'yes' })
  try {
    const body = JSON.stringify({ query: 'mutation { createNote(input: { text: "No" }) { id } }' })
    const codes = await Promise.all(
      ['ada-token', 'machine-token', undefined].map(async (token) => {
        const { answer } = await ask(example, { token, body })
        return (answer as { errors: { extensions: { code: string } }[] }).errors.map(
          ({ extensions }) => extensions.code,
        )
      }),
    )
    expect(codes).toEqual([['UNAVAILABLE'], ['UNAVAILABLE'], ['UNAUTHENTICATED']])
  } finally {
    await example.end()
  }
})

describe('In a package of its own', () => {
  let home: string
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'portcullis-example-'))
    await cp(folder, home, { recursive: true })
    await writeFile(join(home, 'package.json'), JSON.stringify({ type: 'module' }))
    await mkdir(join(home, 'node_modules'))
    await symlink(root, join(home, 'node_modules', 'portcullis'), 'dir')
    for (const name of ['@apollo', '@graphql-tools', 'graphql'])
      await symlink(join(root, 'node_modules', name), join(home, 'node_modules', name), 'dir')
  })
  afterAll(() => rm(home, { recursive: true }))

  test('it starts', async () => {
    const example = await start(home)
    expect(example).toMatchObject({ url: expect.stringMatching(/^http:/) })
    if (typeof example !== 'string') await example.end()
  })

  test.each<[string, string, object]>([
    ['without a second factor', "'aal1'", { methods: ['PASSWORD'] }],
    ['with one that is not known by its kind', "'aal2'", {}],
    ['of whom nothing is known', 'undefined', {}],
  ])('it asks somebody %s for another proof', async (_name, assurance, methods) => {
    const callers = await readFile(join(folder, 'callers.js'), 'utf8')
    await writeFile(
      join(home, 'callers.js'),
      callers.replaceAll("enrolledAssurance: 'aal1'", `enrolledAssurance: ${assurance}`),
    )
    const example = await started({}, home)
    try {
      const body = JSON.stringify({ query: 'mutation { deleteNote(id: "note_1") }' })
      const { answer } = await ask(example, { token: 'bob-token', body })
      const [error] = (answer as { errors: { extensions: object }[] }).errors
      const asked = { assurance: assurance === "'aal1'" ? 'AAL1' : 'AAL2', maxAgeSeconds: 300 }
      expect(error?.extensions).toEqual({ code: 'STEP_UP_REQUIRED', ...asked, ...methods })
    } finally {
      await example.end()
    }
  })

  test('it does not start with the field that the README forgets the rule of, and says what the README says', async () => {
    const [, field = ''] = /^```graphql\n( {2}\w+: .*\n)```$/m.exec(chapter) ?? []
    const [, message = ''] = /^```console\n\$ node examples\/notes\/server\.js\n(.*?)^```$/ms.exec(chapter) ?? []
    const schema = await readFile(join(folder, 'schema.graphql'), 'utf8')
    await writeFile(join(home, 'schema.graphql'), schema.replace('\n}\n', `\n${field}}\n`))
    expect([field, message]).not.toContain('')
    expect(await start(home)).toBe(message)
  })
})
