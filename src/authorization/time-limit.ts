import { Unavailable } from '../kernel/errors.js'

/** A rule that has not answered by then has denied. */
export const answerWithinMs = 1_000

/** @throws Unavailable when it takes longer; what comes later is nobody's any more */
export async function withinLimit<Answer>(answer: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Unavailable(new Error('A rule did not answer in time'))), answerWithinMs)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
