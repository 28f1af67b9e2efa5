/** The report for people: one line for what holds, everything that helps for what does not. */
import { areas, type Check, type Outcome } from './check.js'
import type { Report, Result } from './run.js'

export interface Paper {
  readonly columns: number
  readonly inColour: boolean
}

const words: Readonly<Record<Outcome, string>> = {
  pass: 'pass',
  fail: 'FAIL',
  warn: 'warn',
  undecided: 'unsure',
  'not-applicable': 'n/a',
}
const colours: Readonly<Record<Outcome, number>> = { pass: 32, fail: 31, warn: 33, undecided: 35, 'not-applicable': 90 }
const indent = 9

export function printReport(report: Report, { columns, inColour }: Paper): string {
  const width = Math.max(60, Math.min(columns, 100))
  const coloured = (text: string, colour: number) => (inColour ? `\u001b[${colour}m${text}\u001b[0m` : text)
  const sections = areas.flatMap((area) => {
    const results = report.results.filter((result) => result.area === area)
    if (results.length === 0) return []
    const lines = results.flatMap((result) => linesOf(result, width, (text) => coloured(text, colours[result.outcome])))
    return [coloured(area, 1), ...lines, '']
  })
  return `${[...sections, ...summaryOf(report).map((line) => wrap(line, width, 0).join('\n'))].join('\n')}\n`
}

function linesOf(result: Result, width: number, coloured: (text: string) => string): string[] {
  const { outcome, check, title, detail, reason, remedy, references } = result
  const [first = '', ...rest] = wrap(title, width, indent)
  const name = [`  ${coloured(words[outcome].padEnd(indent - 2))}${first.trimStart()}`, ...rest]
  if (outcome === 'pass') return name
  const said = [...name, ...wrap(detail, width, indent)]
  if (outcome === 'not-applicable') return said
  const labelled = (label: string, text: string) => wrap(`${label} ${text}`, width, indent)
  const again = labelled('Again:', `--only ${check}`)
  if (outcome === 'undecided') return [...said, ...again]
  return [
    ...said,
    ...labelled('Why:', reason),
    ...labelled('Do:', remedy),
    ...labelled('See:', references.join('; ')),
    ...again,
  ]
}

function summaryOf({ target, requests, seconds, summary }: Report): string[] {
  const { pass, fail, warn, undecided } = summary
  const counted = [
    `${pass} passed`,
    `${fail} failed`,
    `${warn} ${warn === 1 ? 'warning' : 'warnings'}`,
    `${undecided} undecided`,
    `${summary['not-applicable']} not applicable`,
  ]
  const notice = undecided > 0 ? ['Undecided is not a pass: run it again, or with --strict to fail for it.'] : []
  return [`${counted.join(', ')}. ${requests} requests in ${seconds} s to ${target}`, ...notice]
}

export function printList(checks: readonly Check[]): string {
  return checks.map(({ id, area, title }) => `${id.padEnd(26)}${area.padEnd(10)}${title}\n`).join('')
}

/** Never cuts a word: what is longer than a line has a line of its own. */
function wrap(text: string, width: number, left: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && left + line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].map((each) => ' '.repeat(left) + each)
}
