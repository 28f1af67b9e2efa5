import type { Assurance } from '../kernel/subject.js'

/** Whose password it is to be. Each of these is the first thing that somebody who knows the person tries. */
export interface PasswordContext {
  readonly email: string
  readonly displayName?: string | null | undefined
  /** Absent: a password is all there is. */
  readonly enrolledAssurance?: Assurance
  /** We made it at random: nobody can have lost it already, so nobody is asked whether somebody has. */
  readonly isRandom?: boolean
}

/** Shorter ones are in every second sentence, and would say nothing about it. */
const leastWordLength = 3

/** More would only cost time; a name has 100 characters. */
const mostWords = 40

/** What is typed for a letter, as its letter: who writes `p0rtcu11is` means the word. `i`, `l` and `1` are one. */
const lookAlikes: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  l: 'i',
  '!': 'i',
  '|': 'i',
  '3': 'e',
  '4': 'a',
  '@': 'a',
  '5': 's',
  $: 's',
  '7': 't',
  '+': 't',
}

/** The words of an address, without what follows its last dot: "com" is nobody's. */
function wordsOfHost(host: string): string[] {
  const labels = host.split('.')
  return labels.length > 1 ? labels.slice(0, -1) : labels
}

/** What a password of this service at this address has in common with those of everybody else there. */
export function serviceWords(name: string, publicUrl: string): readonly string[] {
  return distinct([name, ...wordsOfHost(new URL(publicUrl).hostname)])
}

/** The words that are near to this person and this service, in lower case, each once. */
export function contextWords({ email, displayName }: PasswordContext, ofService: readonly string[]): readonly string[] {
  const at = email.lastIndexOf('@')
  const [local, host] = at < 0 ? [email, ''] : [email.slice(0, at), email.slice(at + 1)]
  return distinct([...ofService, local, ...wordsOfHost(host), displayName ?? ''])
}

function distinct(texts: readonly string[]): readonly string[] {
  const words = texts
    .flatMap((text) =>
      text
        .normalize('NFC')
        .toLowerCase()
        .split(/[^\p{L}\p{M}]+/u),
    )
    .filter((word) => Array.from(word).length >= leastWordLength)
  return [...new Set(words)].slice(0, mostWords)
}

/**
 * Whether more than half of a password is made of these words, written forwards, backwards, without accents or with
 * digits for letters. What stands between them is too little to guess.
 */
export function consistsMostlyOf(password: string, words: readonly string[]): boolean {
  const text = folded(password)
  if (text.length === 0) return false
  const covered = new Set<number>()
  for (const word of words.map(folded)) {
    for (const spelling of [word, word.toReversed()]) {
      for (let at = 0; at + spelling.length <= text.length; at += 1) {
        if (spelling.some((letter, index) => text[at + index] !== letter)) continue
        for (let index = 0; index < spelling.length; index += 1) covered.add(at + index)
      }
    }
  }
  return covered.size * 2 > text.length
}

function folded(text: string): readonly string[] {
  const bare = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  return Array.from(bare, (letter) => lookAlikes[letter] ?? letter)
}
