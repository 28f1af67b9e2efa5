import { isIntrospectionType, isObjectType } from 'graphql'
import { systemClock } from '../kernel/clock.js'
import { doorLineOf, verdictOn, type Access, type Verdict } from './access.js'
import { ruleNameOf } from './door.js'
import { sampleCallers } from './sample-callers.js'

/** Every field × every kind of caller. */
export interface Matrix {
  readonly callers: readonly string[]
  readonly rows: readonly MatrixRow[]
}

export interface MatrixRow {
  /** `Type.field`. */
  readonly field: string
  /** The condition of the door, for root fields; empty for others. */
  readonly door: string
  /** One for each kind of caller: `allow`, `own`, `where`, `deny`, each perhaps `, step-up`. */
  readonly cells: readonly string[]
  /** The directives that decide, each with where it is written. */
  readonly rules: readonly string[]
}

/** In the order of the names, so that a change of access is one changed line. */
export function matrixOf(access: Access): Matrix {
  const samples = sampleCallers(access.policy)
  const rows = fieldsOf(access).map((field) => {
    const line = doorLineOf(field, access)
    return {
      field,
      door: line === undefined ? '' : ruleNameOf(line.ask),
      cells: samples.map(({ caller }) => cellOf(verdictOn(field, caller, access, systemClock.now()))),
      rules: access.written.get(field) ?? [],
    }
  })
  return { callers: samples.map(({ name }) => name), rows }
}

export function cellOf({ outcome, stepUp }: Verdict): string {
  return stepUp ? `${outcome}, step-up` : outcome
}

function fieldsOf({ schema }: Access): string[] {
  return Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) && !isIntrospectionType(type))
    .flatMap((type) =>
      isObjectType(type) ? Object.keys(type.getFields()).map((field) => `${type.name}.${field}`) : [],
    )
    .toSorted()
}

export type MatrixFormat = 'md' | 'csv' | 'html'

/** The whole document, ending with a line feed. */
export function printMatrix(matrix: Matrix, format: MatrixFormat): string {
  return { md: asMarkdown, csv: asCsv, html: asHtml }[format](matrix)
}

function tableOf({ callers, rows }: Matrix): string[][] {
  return [
    ['field', 'door', ...callers, 'decided by'],
    ...rows.map(({ field, door, cells, rules }) => [field, door, ...cells, rules.join('; ')]),
  ]
}

function asMarkdown(matrix: Matrix): string {
  const [head = [], ...rows] = tableOf(matrix)
  const lineOf = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return `${[lineOf(head), lineOf(head.map(() => '---')), ...rows.map(lineOf)].join('\n')}\n`
}

/** RFC 4180, with the line ends of text files. */
function asCsv(matrix: Matrix): string {
  const quoted = (cell: string): string => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)
  return `${tableOf(matrix)
    .map((cells) => cells.map(quoted).join(','))
    .join('\n')}\n`
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string): string => text.replaceAll(/[&<>"]/g, (character) => escapes[character] ?? '')

const style = `
    :root { color-scheme: light dark; font: 14px/1.4 system-ui, sans-serif }
    body { margin: 2rem }
    table { border-collapse: collapse }
    th, td { padding: 0.25rem 0.6rem; border: 1px solid #8884; text-align: left; white-space: nowrap }
    thead th { position: sticky; top: 0; background: Canvas }
    tbody th { font-weight: 600 }
    td.rules { white-space: normal; color: GrayText }
    .allow { background: #2a83 } .own { background: #28a3 } .where { background: #a8a3 }
    .deny { background: #c333 } .step-up { background: #ca33 }`

function asHtml(matrix: Matrix): string {
  const { callers, rows } = matrix
  const head = ['field', 'door', ...callers, 'decided by']
    .map((cell) => `<th scope="col">${escaped(cell)}</th>`)
    .join('')
  const body = rows.map(({ field, door, cells, rules }) => {
    const decided = cells
      .map((cell) => `<td class="${cell.includes('step-up') ? 'step-up' : cell}">${escaped(cell)}</td>`)
      .join('')
    const first = `<th scope="row">${escaped(field)}</th><td>${escaped(door)}</td>`
    return `      <tr>${first}${decided}<td class="rules">${escaped(rules.join('; '))}</td></tr>`
  })
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Permission matrix</title>
    <style>${style}
    </style>
  </head>
  <body>
    <h1>Permission matrix</h1>
    <p>${rows.length} fields, ${callers.length} kinds of caller. <b>own</b>: of their own objects only.
      <b>where</b>: of objects that meet a condition of the policy. <b>step-up</b>: after proving again who they are.</p>
    <table>
      <thead><tr>${head}</tr></thead>
      <tbody>
${body.join('\n')}
      </tbody>
    </table>
  </body>
</html>
`
}
