/** 0 to 4, as zxcvbn gives them: from 3 on, 10^8 guesses do not find it. */
export const leastGuessabilityScore = 3

/** In code points: looking at more takes seconds, and what follows can only make a password harder to guess. */
export const judgedLength = 64

/** What zxcvbn found, by its names for it: never a part of the password. */
export interface Judgement {
  readonly score: number
  readonly warning: string | null
}

const advice: Readonly<Record<string, string>> = {
  straightRow: 'Avoid rows of keys.',
  keyPattern: 'Avoid patterns on the keyboard.',
  simpleRepeat: 'Avoid repeated words and characters.',
  extendedRepeat: 'Avoid repeated words and characters.',
  sequences: 'Avoid sequences such as abc or 6543.',
  recentYears: 'Avoid years.',
  dates: 'Avoid dates.',
  topTen: 'Many people use it, or one like it.',
  topHundred: 'Many people use it, or one like it.',
  common: 'Many people use it, or one like it.',
  similarToCommon: 'Many people use it, or one like it.',
  wordByItself: 'Use several words.',
  namesByThemselves: 'Avoid names.',
  commonNames: 'Avoid names.',
  userInputs: 'Avoid your own name, your address and the name of this service.',
}

/** Why a password is refused that was judged so, in a sentence that does not repeat it; null when it is not. */
export function guessabilityFault({ score, warning }: Judgement): string | null {
  if (score >= leastGuessabilityScore) return null
  const known = warning === null ? undefined : advice[warning]
  return `This password is easy to guess. ${known ?? 'Use several words that do not belong together.'}`
}

/** The part that is judged. */
export function judgedPart(password: string): string {
  return Array.from(password).slice(0, judgedLength).join('')
}
