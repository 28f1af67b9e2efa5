/** RFC 3339 §5.6, all of it required; lower case and a space for the T are allowed by a note there, not here. */
const shape = /^\d{4}-\d{2}-\d{2}T(?:[01]\d|2[0-3]):\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/

/** A time of RFC 3339, to the millisecond; null for anything else. */
export function instantFrom(value: unknown): Date | null {
  if (typeof value !== 'string' || !shape.test(value) || !isDayOfMonth(value)) return null
  const instant = new Date(value)
  return Number.isNaN(instant.getTime()) ? null : instant
}

/** `Date` rolls 30 February over into March instead of refusing it. */
function isDayOfMonth(value: string): boolean {
  const day = new Date(`${value.slice(0, 10)}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value.slice(0, 10))
}
