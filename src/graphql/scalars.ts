import { GraphQLScalarType, valueFromASTUntyped } from 'graphql'
import { DomainError } from '../kernel/errors.js'
import { instantFrom } from '../kernel/instant.js'

/** A value that a scalar does not take. Not a GraphQLError: graphql-js would pass its words on, these are told apart. */
class ScalarRejected extends DomainError {
  constructor(sentence: string) {
    super('invalid', 'INVALID_INPUT', sentence)
  }
}

function parseDateTime(value: unknown): Date {
  const instant = instantFrom(value)
  if (instant !== null) return instant
  throw new ScalarRejected('Must be an RFC 3339 instant, for example 2030-01-01T08:30:00Z.')
}

const dateTime = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  parseValue: parseDateTime,
  // RFC 3339 in UTC, with milliseconds, always.
  serialize: (value) => (value instanceof Date ? value : parseDateTime(value)).toISOString(),
})

const maxEmailLength = 254

/** Only what can be said without knowing how addresses are compared: normalising them is the users' business. */
function parseEmailAddress(value: unknown): string {
  const address = typeof value === 'string' && value.length <= 4 * maxEmailLength ? value.trim() : ''
  const at = address.lastIndexOf('@')
  if (address.length > maxEmailLength || at < 1 || at === address.length - 1) {
    throw new ScalarRejected(`Must be an e-mail address of at most ${maxEmailLength} characters.`)
  }
  return address
}

const emailAddress = new GraphQLScalarType<string, string>({
  name: 'EmailAddress',
  parseValue: parseEmailAddress,
  serialize: parseEmailAddress,
})

const maxJsonDepth = 20

function parseJson(value: unknown): unknown {
  if (isDeeperThan(value, maxJsonDepth)) throw new ScalarRejected(`Must not be nested deeper than ${maxJsonDepth}.`)
  return value
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((part) => isDeeperThan(part, levels - 1))
}

const json = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  parseValue: parseJson,
  // The depth of a literal is bounded by the tokens of its document.
  parseLiteral: (node, variables) => parseJson(valueFromASTUntyped(node, variables)),
  serialize: (value) => value,
})

/** By name, as resolvers. Descriptions are in the SDL. */
export const scalars = { DateTime: dateTime, EmailAddress: emailAddress, JSON: json }
