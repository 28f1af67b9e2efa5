import { GraphQLError, Kind, type ASTNode } from 'graphql'
import type { VariableFault } from './coercion.js'

/**
 * graphql-js explains errors by repeating what it was given: a misplaced password would come back in an answer, and
 * from there get into a log. Names stay (clients need them), values go.
 */
export interface OwnWords {
  readonly code:
    'GRAPHQL_PARSE_FAILED' | 'GRAPHQL_VALIDATION_FAILED' | 'OPERATION_RESOLUTION_FAILURE' | 'BAD_USER_INPUT'
  readonly message: string
  readonly details?: Readonly<Record<string, unknown>>
}

/** Our words for an error that graphql-js raised about the client's request, or null when it is none of those. */
export function ownWordsFor(error: GraphQLError): OwnWords | null {
  if (error.path !== undefined) return wordsForArgument(error)
  const { code, reason } = error.extensions
  if (code === 'GRAPHQL_PARSE_FAILED') return { code, message: wordsForSyntax(error.message) }
  if (code === 'GRAPHQL_VALIDATION_FAILED') {
    const details = typeof reason === 'string' ? { reason } : {}
    return { code, message: wordsForValidation(error), details }
  }
  if (code === 'OPERATION_RESOLUTION_FAILURE') {
    const isUnnamed = error.message.startsWith('Must provide ')
    return { code, message: isUnnamed ? 'Name the operation to run.' : 'The document has no operation of that name.' }
  }
  if (code === 'BAD_USER_INPUT' || error.message.startsWith('Too many errors processing variables')) {
    return { code: 'BAD_USER_INPUT', message: 'A variable has an invalid value.' }
  }
  return null
}

/** What is wrong with a variable was found out where the variables were at hand; the errors themselves only quote. */
const variableFaults = new WeakMap<GraphQLError, VariableFault>()

export function explainVariable(error: GraphQLError, fault: VariableFault): void {
  variableFaults.set(error, fault)
}

export function explanationOf(error: GraphQLError): OwnWords | null {
  const fault = variableFaults.get(error)
  return fault === undefined ? null : aboutInput(fault.path, fault.sentence)
}

function aboutInput(path: string, sentence: string): OwnWords {
  return { code: 'BAD_USER_INPUT', message: `${path}: ${sentence}`, details: { fields: { [path]: sentence } } }
}

/** Kinds of token, and the punctuators and keywords of the grammar: everything that a parser may name but a value. */
const expected =
  /^Syntax Error: Expected ("[a-z!$&()[\]{}:=@|.]{1,12}"|[A-Z][A-Za-z]+), found ("[!$&()[\]{}:=@|.]{1,3}"|<EOF>|[A-Z][A-Za-z]+)/
const unexpected = /^Syntax Error: Unexpected ("[!$&()[\]{}:=@|.]{1,3}"|<EOF>|[A-Z][A-Za-z]+)/

function wordsForSyntax(message: string): string {
  const [, wanted, found] = expected.exec(message) ?? []
  if (wanted !== undefined) return `Syntax error: expected ${wanted}, found ${found}.`
  const [, surplus] = unexpected.exec(message) ?? []
  // "Unexpected character: …" goes on with what the character was.
  if (surplus !== undefined) return `Syntax error: unexpected ${surplus}.`
  const [, tokens] = /^Syntax Error: Document contains more that (\d+) tokens/.exec(message) ?? []
  return tokens === undefined ? 'Syntax error.' : `The document has more than ${tokens} tokens.`
}

const valueKinds: ReadonlySet<string> = new Set([
  Kind.INT,
  Kind.FLOAT,
  Kind.STRING,
  Kind.BOOLEAN,
  Kind.NULL,
  Kind.ENUM,
  Kind.LIST,
  Kind.OBJECT,
])
const type = String.raw`[[\]!_A-Za-z0-9]{1,100}`
const required = new RegExp(`^Field "[_A-Za-z0-9.]{1,200}" of required type "${type}" was not provided\\.$`)
const wanted = new RegExp(`^Expected value of type "(${type})"|^(Int|Float|String|Boolean|ID) cannot represent`)

function wordsForValidation({ message, nodes }: GraphQLError): string {
  if (message.startsWith('GraphQL introspection is not allowed')) return 'Introspection is off.'
  if (!isValue(nodes?.[0])) return message.replace(/"[^"]{65,}"/g, '"…"')
  if (required.test(message)) return message
  const [, named, builtIn] = wanted.exec(message) ?? []
  const name = named ?? builtIn
  return name === undefined ? 'A value is not valid here.' : `A value is not a valid ${name}.`
}

const isValue = (node: ASTNode | undefined): boolean => node !== undefined && valueKinds.has(node.kind)

/**
 * Raised while a field's arguments are read, so with the field's path; its cause says which argument and then quotes
 * the value. Anything else that has a path came out of a resolver.
 */
function wordsForArgument({ originalError }: GraphQLError): OwnWords | null {
  if (!(originalError instanceof GraphQLError) || originalError.nodes === undefined) return null
  const [, argument] = /^Argument "([_A-Za-z0-9]{1,100})" /.exec(originalError.message) ?? []
  return argument === undefined ? null : aboutInput(argument, 'Missing, or not a valid value.')
}
