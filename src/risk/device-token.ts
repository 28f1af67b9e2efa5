import { digestOf } from '../kernel/digest.js'
import type { Random } from '../kernel/random.js'

/** A browser keeps the tokens of so many people who share it, so that they do not push each other out. */
export const mostTokensPerBrowser = 5

const shape = /^[A-Za-z0-9_-]{43}$/

/** 256 random bits need no salt and no slow hash: there is nothing to guess. */
export function newDeviceToken(random: Random): { plaintext: string; digest: string } {
  const plaintext = random(32).toString('base64url')
  return { plaintext, digest: digestOf(plaintext) }
}

/** The tokens in a cookie, the newest first; what cannot be one is left out. */
export function deviceTokensIn(joined: string): readonly string[] {
  return joined.split('.', mostTokensPerBrowser).filter((token) => shape.test(token))
}

/** What a browser keeps from now on: the token that has just been used, and then those of the others. */
export function joinedTokens(latest: string, presented: readonly string[]): string {
  const others = presented.filter((token) => token !== latest)
  return [latest, ...others].slice(0, mostTokensPerBrowser).join('.')
}
