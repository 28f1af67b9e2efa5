/** What the log may know of something that went wrong. */
export interface FaultFacts {
  readonly name: string
  readonly code?: string | number
  readonly message: string
  /** Where it was thrown, innermost first. */
  readonly at?: readonly string[]
  readonly cause?: FaultFacts
}

const maxCauses = 4

/** An error as the log may have it: drivers and parsers quote the values they choke on. */
export function describeFault(error: unknown, depth = 0): FaultFacts {
  if (!(error instanceof Error)) return { name: typeof error, message: 'Something that is no Error was thrown.' }
  const code: unknown = 'code' in error ? error.code : undefined
  const at = error.stack
    ?.split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, 12)
    .map((line) => line.trim())
  return {
    name: error.name,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    message: withoutValues(error.message),
    ...(at === undefined ? {} : { at }),
    ...(error.cause === undefined || depth >= maxCauses ? {} : { cause: describeFault(error.cause, depth + 1) }),
  }
}

const quoted = /"[^"]*"?|'[^']*'|`[^`]*`/g
const address = /[^\s@<>]+@[^\s@<>]+/g
/** Tokens, digests, keys: long runs of their alphabet. Class and file names have no digits in them. */
const opaque = /(?=[A-Za-z0-9+/_.-]*\d)[A-Za-z0-9+/_.-]{20,}={0,2}/g
const credentials = /\/\/[^/\s@]*@/g

/** Names of things stay readable, what may be somebody's value does not. */
export function withoutValues(message: string): string {
  return message
    .slice(0, 1_000)
    .replace(credentials, '//…@')
    .replace(quoted, '"…"')
    .replace(address, '…@…')
    .replace(opaque, '…')
}
