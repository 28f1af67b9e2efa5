import { describe, expect, test } from '@jest/globals'
import {
  accessOf,
  defineDoor,
  defineEntities,
  explainOperation,
  matrixOf,
  printMatrix,
  sampleCaller,
  sampleCallers,
} from '../../src/authorization/index.js'
import { anonymous } from '../../src/kernel/caller.js'
import { InvalidInput } from '../../src/kernel/errors.js'
import { bareNotes, notesLines, notesSdl, policyFor } from './scenario.js'

const policy = policyFor(notesSdl, { stepUp: { 'audit:read': { assurance: 'AAL2' } } })
const access = accessOf(bareNotes, { policy, door: defineDoor(notesLines), entities: defineEntities({}) })
const now = new Date('2030-01-01T08:00:00Z')
const explained = (operation: string, role: string | null) =>
  explainOperation(operation, role === null ? anonymous : sampleCaller(role, policy), access, now)

describe('An explanation', () => {
  test('names for each field the verdict, the reason and the rules', () => {
    expect(explained('{ note { id private } }', 'support')).toEqual([
      {
        path: 'note',
        field: 'Query.note',
        verdict: 'allow',
        reason: null,
        door: 'open',
        rules: ['Query.note @public'],
      },
      {
        path: 'note.id',
        field: 'Note.id',
        verdict: 'allow',
        reason: null,
        door: null,
        rules: ['Note @owner(or: "note:read")', 'Secret @auth'],
      },
      {
        path: 'note.private',
        field: 'Note.private',
        verdict: 'own',
        reason: null,
        door: null,
        rules: ['Note @owner(or: "note:read")', 'Secret @auth', 'Note.private @owner'],
      },
    ])
  })

  test.each<[string, string, string | null, Record<string, string>]>([
    ['what the door says', 'mutation { write { at } }', null, { write: 'deny SIGN_IN_REQUIRED', 'write.at': 'allow' }],
    ['what a step-up would open', '{ audit }', 'admin', { audit: 'allow, step-up STEP_UP_REQUIRED' }],
    ['what is one’s own', '{ note { text } }', 'member', { note: 'allow', 'note.text': 'own' }],
    ['an alias, by its name', '{ n: note { t: text } }', null, { n: 'allow', 'n.t': 'deny SIGN_IN_REQUIRED' }],
    [
      'an interface, for each type',
      '{ node { id ... on Note { text } ...on Secret { text } } }',
      'member',
      { node: 'allow', 'node<User>.id': 'allow', 'node<Note>.id': 'own', 'node<Note>.text': 'own' },
    ],
    [
      'a fragment in a fragment',
      '{ ...A } fragment A on Query { note { ...B } } fragment B on Note { text }',
      'support',
      { note: 'allow', 'note.text': 'allow' },
    ],
  ])('tells %s', (_name, operation, role, expected) => {
    const found = explained(operation, role).map(({ path, verdict, reason }) => [
      path,
      reason === null ? verdict : `${verdict} ${reason}`,
    ])
    expect(Object.fromEntries(found)).toEqual(expected)
  })

  test.each([
    ['nothing that is GraphQL', '{ note '],
    ['no operation of this schema', '{ nose }'],
    ['no operation at all', 'fragment A on Query { note { text } }'],
    ['two operations', 'query A { audit } query B { audit }'],
    ['tokens without end', `{ ${'audit '.repeat(3_000)}}`],
  ])('is refused for %s', (_name, operation) => {
    expect(() => explained(operation, 'admin')).toThrow(InvalidInput)
  })

  test('does not walk spreads of spreads of spreads for ever', () => {
    const fragments = Array.from({ length: 40 }, (_each, n) => `fragment F${n} on Note { ...F${n + 1} ...F${n + 1} }`)
    const bomb = `{ note { ...F0 } } ${fragments.join(' ')} fragment F40 on Note { text }`
    expect(explained(bomb, 'member').map(({ path }) => path)).toEqual(['note', 'note.text'])
  })
})

test('An explanation of too much is refused at once, however often the same is asked for', () => {
  const many = Array.from({ length: 15 }, (_each, n) => `a${n}: note { ...F }`).join(' ')
  const body = `{ ${many} } fragment F on Note { ${'text '.repeat(700)} }`
  expect(() => explained(body, 'admin')).toThrow('too large to explain')
})

test('What depends on attributes has a column of its own, and shows as a difference', () => {
  const can = [{ permission: 'audit:read', when: { region: 'eu' } }]
  const withTrail = policyFor(notesSdl, {
    attributes: { region: 'string' },
    roles: { member: { can: [] }, auditor: { can } },
  })
  const found = matrixOf(accessOf(bareNotes, { ...access, policy: withTrail }))
  expect(found.callers.slice(0, 4)).toEqual(['anonymous', 'member', 'auditor', 'auditor with attributes'])
  const row = found.rows.find(({ field }) => field === 'Query.audit')
  expect(row?.cells.slice(0, 4)).toEqual(['deny', 'deny', 'deny', 'allow'])
})

describe('The matrix', () => {
  const matrix = matrixOf(access)
  const cellsOf = (field: string) => {
    const row = matrix.rows.find((each) => each.field === field)
    return Object.fromEntries(matrix.callers.map((caller, index) => [caller, row?.cells[index]]))
  }

  test('has a row for every field and a column for every kind of caller', () => {
    expect(matrix.callers).toEqual([
      'anonymous',
      'member',
      'support',
      'admin',
      "member's machine",
      "support's machine",
      "admin's machine",
    ])
    expect(matrix.callers).toEqual(sampleCallers(policy).map(({ name }) => name))
    const fields = matrix.rows.map(({ field }) => field)
    expect(fields).toContain('Mutation.write')
    expect(fields).toHaveLength(access.rules.size)
    expect(fields).toEqual([...fields].sort())
  })

  test.each([
    ['Note.text', ['deny', 'own', 'allow', 'allow', 'own', 'allow', 'allow']],
    ['Note.private', ['deny', 'own', 'own', 'own', 'deny', 'deny', 'deny']],
    ['Query.audit', ['deny', 'deny', 'deny', 'allow, step-up', 'deny', 'deny', 'deny']],
    ['Query.me', ['deny', 'allow', 'allow', 'allow', 'deny', 'deny', 'deny']],
    ['Mutation.write', ['deny', 'deny', 'deny', 'allow', 'deny', 'deny', 'deny']],
    ['Mutation.nudge', ['deny', 'allow', 'allow', 'allow', 'deny', 'deny', 'deny']],
  ])('%s', (field, cells) => {
    expect(Object.values(cellsOf(field))).toEqual(cells)
  })

  test('prints as Markdown, CSV and HTML, one line for each field', () => {
    const [markdown, csv, html] = (['md', 'csv', 'html'] as const).map((format) => printMatrix(matrix, format))
    expect(markdown?.split('\n')).toHaveLength(matrix.rows.length + 3)
    expect(markdown).toContain('| Note.text |  | deny | own | allow |')
    expect(csv?.split('\n')).toHaveLength(matrix.rows.length + 2)
    expect(csv).toContain('Query.audit,open,deny,deny,deny,"allow, step-up",deny')
    expect(csv).toContain('"Query.audit @auth(permission: ""audit:read"")"')
    expect(html).toContain('<td class="deny">deny</td>')
    expect(html).toContain('@auth(permission: &quot;audit:read&quot;)')
    expect(html?.match(/<tr>/g)).toHaveLength(matrix.rows.length + 1)
  })
})
