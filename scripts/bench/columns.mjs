/**
 * Cells under each other; the first line has the titles.
 * @param {readonly string[][]} lines
 */
export function columnsOf(lines) {
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0))) ?? []
  const printed = lines.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const [titles = '', ...rest] = printed
  return [titles, '-'.repeat(Math.max(...printed.map((line) => line.length))), ...rest].join('\n')
}
