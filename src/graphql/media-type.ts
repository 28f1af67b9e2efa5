/** What answers can be (GraphQL over HTTP §4.2), the one for clients without a preference first. */
const offered = ['application/json', 'application/graphql-response+json'] as const

/**
 * The type of the answer, or null when the client takes neither. Decided here and before anything runs: Apollo Server
 * looks at `Accept` after the execution, and would answer 406 to a mutation that has happened.
 */
export function responseType(accept: string | undefined): string | null {
  if (accept === undefined || accept.trim() === '') return withCharset(offered[0])
  const ranges = accept.split(',', 50).map(parseRange)
  let best: { type: string; quality: number; order: number } | null = null
  for (const type of offered) {
    const order = mostSpecific(ranges, type)
    const quality = ranges[order]?.quality ?? 0
    const isBetter = best === null || quality > best.quality || (quality === best.quality && order < best.order)
    if (quality > 0 && isBetter) best = { type, quality, order }
  }
  return best === null ? null : withCharset(best.type)
}

const withCharset = (type: string): string => `${type}; charset=utf-8`

interface Range {
  readonly type: string
  readonly quality: number
}

function parseRange(range: string): Range {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
  const isReadable = parameters.every((parameter) => !parameter.startsWith('charset=') || /utf-?8/.test(parameter))
  const weight = parameters.find((parameter) => parameter.startsWith('q='))
  const quality = weight === undefined ? 1 : Number(weight.slice(2))
  return { type, quality: isReadable && quality >= 0 && quality <= 1 ? quality : 0 }
}

/** RFC 9110 §12.5.1: the most specific range decides, so that `application/json;q=0` stands beside `*` + `/*`. */
function mostSpecific(ranges: readonly Range[], type: string): number {
  for (const candidate of [type, 'application/*', '*/*']) {
    const index = ranges.findIndex((range) => range.type === candidate)
    if (index >= 0) return index
  }
  return -1
}
