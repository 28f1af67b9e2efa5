/** What a password of an acceptable length is looked at for before it is taken: breaches first, then how easy a guess it is. */
import { type BreachCheck, openBreachCheck } from './breached.js'
import { consistsMostlyOf, contextWords, type PasswordContext, serviceWords } from './context-words.js'
import { guessabilityFault, judgedPart, leastGuessabilityScore } from './guessability-advice.js'
import { createGuessability, type Guessability } from './guessability.js'

export interface PasswordScreening {
  /**
   * Why nobody should use it, in a sentence that does not repeat it, or null.
   * @param password of an acceptable length, as it would be hashed
   * @throws RateLimited when too many wait; Unavailable when there is no verdict
   */
  fault(password: string, context: PasswordContext): Promise<string | null>
  /** Never throws: see `BreachCheck`. @param password normalised */
  isBreached(password: string): Promise<boolean>
  readonly rules: { readonly guessabilityScore: number; readonly breachedRefused: boolean }
  readonly guessability: Guessability['stats']
  close(): Promise<void>
}

export interface ScreeningDependencies {
  /** Null: breached passwords are not looked for. */
  readonly breaches: BreachCheck | null
  readonly guessability: Guessability
  /** What every password here might be about. */
  readonly serviceWords: readonly string[]
}

const breached = 'This password is in a list of stolen passwords. Choose one that you use nowhere else.'
const contextual = 'This password is mostly a name, an address or the name of this service. Choose other words.'

export function createScreening({ breaches, guessability, serviceWords }: ScreeningDependencies): PasswordScreening {
  return {
    rules: { guessabilityScore: leastGuessabilityScore, breachedRefused: breaches !== null },
    guessability: guessability.stats,
    isBreached: async (password) => (await breaches?.isBreached(password)) === true,
    async fault(password, context) {
      if (context.isRandom !== true && (await breaches?.isBreached(password)) === true) return breached
      const words = contextWords(context, serviceWords)
      if (consistsMostlyOf(password, words)) return contextual
      return guessabilityFault(await guessability.judge(judgedPart(password), words))
    },
    async close() {
      await guessability.close()
      await breaches?.close()
    },
  }
}

/** As the service runs it. @throws BreachFileUnusable */
export async function openScreening(
  source: Parameters<typeof openBreachCheck>[0],
  publicUrl: string,
  deps: Parameters<typeof openBreachCheck>[1],
): Promise<PasswordScreening> {
  const breaches = await openBreachCheck(source, deps)
  return createScreening({
    breaches,
    guessability: createGuessability(),
    serviceWords: serviceWords('portcullis', publicUrl),
  })
}
