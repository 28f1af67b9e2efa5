const firstMs = 1_000
const longestMs = 300_000
const patienceMs = 86_400_000

/**
 * How long to wait after so many attempts failed: 1, 2, 4 … seconds, five minutes at most. Null when it is not worth
 * another one: what is told a day late is not worth telling.
 */
export function retryDelayMs(attempts: number, ageMs: number): number | null {
  if (ageMs >= patienceMs) return null
  return Math.min(longestMs, firstMs * 2 ** Math.min(20, attempts - 1))
}
