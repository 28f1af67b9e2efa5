import type { UserDescription } from '../users/service.js'

const keys = ['email', 'emailVerified', 'displayName', 'roles', 'attributes', 'createdAt', 'suspension', 'passwordHash']

export interface LineDescription extends UserDescription {
  readonly passwordHash?: unknown
}

/** What one line says, or why it says nothing. A key may be named where it cannot be somebody's name or address. */
export function descriptionIn(text: string): LineDescription | { readonly fault: string; readonly isObject: boolean } {
  const value = parsed(text)
  if (!isObject(value)) return { fault: 'The line is not a JSON object.', isObject: false }
  const unknown = Object.keys(value).find((key) => !keys.includes(key))
  if (unknown === undefined) return { email: undefined, ...value }
  const named = /^[A-Za-z_]{1,32}$/.test(unknown) ? `: ${unknown}` : ''
  return { fault: `There is an unknown key${named}.`, isObject: true }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
