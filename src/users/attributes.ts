const maxNames = 50
const maxBytes = 8 * 1024
const maxTextLength = 256
const maxListLength = 50

/** No dots, dollars or underscores: what is a name here is never an operator or a path there. */
const nameShape = /^[a-z][A-Za-z0-9]{0,63}$/
/** Names that the database layer drops without a word. */
const reserved = new Set(['constructor', 'prototype'])
/** A lone surrogate has no form in UTF-8: what is read would not be what was written. */
const unwritable = /\p{Cs}/u

export type AttributeValue = string | number | boolean | readonly string[]
export type Attributes = Readonly<Record<string, AttributeValue>>

/** What each type of the policy takes. */
const isOfType: Readonly<Record<string, (value: AttributeValue) => boolean>> = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  strings: (value) => Array.isArray(value),
}

/**
 * Attributes as they are stored, in the order of their names, or what is wrong with them in a sentence that repeats no
 * value.
 * @param declared the types that the policy declares; attributes that it does not know may have any
 */
export function attributesFrom(
  input: unknown,
  declared: Readonly<Record<string, string>>,
): { readonly attributes: Attributes } | { readonly fault: string } {
  if (!isRecord(input)) return { fault: 'Attributes are an object.' }
  const entries = Object.entries(input).toSorted(([a], [b]) => (a < b ? -1 : 1))
  if (entries.length > maxNames) return { fault: `There are more than ${maxNames} attributes.` }
  const attributes: [string, AttributeValue][] = []
  for (const [name, value] of entries) {
    if (!nameShape.test(name) || reserved.has(name)) {
      return { fault: 'A name is a lower-case letter, then letters and digits, at most 64 characters.' }
    }
    if (!isAttributeValue(value)) {
      return {
        fault: `A value is a text of at most ${maxTextLength} characters, a number, true or false, or a list of at most ${maxListLength} texts.`,
      }
    }
    const type = Object.hasOwn(declared, name) ? declared[name] : undefined
    if (type !== undefined && !isOfType[type]?.(value)) return { fault: `The policy has another type for ${name}.` }
    attributes.push([name, Array.isArray(value) ? [...value] : value])
  }
  const stored = Object.fromEntries(attributes)
  if (Buffer.byteLength(JSON.stringify(stored)) > maxBytes) return { fault: 'The attributes take more than 8 KB.' }
  return { attributes: stored }
}

/** The names that are not the same in both, sorted. */
export function changedNames(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name])).toSorted()
}

function isAttributeValue(value: unknown): value is AttributeValue {
  if (Array.isArray(value)) return value.length <= maxListLength && value.every(isText)
  return isText(value) || typeof value === 'boolean' || Number.isFinite(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxTextLength && !unwritable.test(value)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
