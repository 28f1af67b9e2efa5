import { readFileSync } from 'node:fs'
import type { Matrix } from '../../src/authorization/index.js'

/** The table of docs/permission-matrix.md, as the reviewers of a change of access see it. */
export function committedMatrix(): Matrix {
  const text = readFileSync(new URL('../../docs/permission-matrix.md', import.meta.url), 'utf8')
  const [head = [], , ...body] = text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
  const rows = body.map(([field = '', door = '', ...rest]) => ({
    field,
    door,
    cells: rest.slice(0, -1),
    rules: rest.at(-1) === '' ? [] : (rest.at(-1)?.split('; ') ?? []),
  }))
  return { callers: head.slice(2, -1), rows }
}

/** What one kind of caller gets of a field, taken apart. */
export interface Cell {
  readonly outcome: string
  readonly stepUp: boolean
}

export function cellAt({ callers, rows }: Matrix, field: string, caller: string): Cell {
  const [outcome = '', need] =
    rows.find((row) => row.field === field)?.cells[callers.indexOf(caller)]?.split(', ') ?? []
  // What the matrix does not know is open to nobody.
  return { outcome: outcome === '' ? 'deny' : outcome, stepUp: need === 'step-up' }
}
