import {
  coerceInputValue,
  getNamedType,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  typeFromAST,
  type GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql'
import { DomainError } from '../kernel/errors.js'

/** What is wrong at one place of the variables. The path has names of the schema and indexes only, never a value. */
export interface VariableFault {
  readonly path: string
  readonly sentence: string
}

/**
 * What graphql-js found wrong with the variables, in the order in which it complains. Asked only after it has
 * complained: its own errors carry the path in a sentence together with the value.
 */
export function findVariableFaults(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): VariableFault[] {
  const faults: VariableFault[] = []
  for (const { variable, type: typeNode, defaultValue } of operation.variableDefinitions ?? []) {
    const type = typeFromAST(schema, typeNode)
    const name = variable.name.value
    if (!isInputType(type)) continue
    // What is wrong with an input object is said of `input`, as the services say it: clients find the field in a form by
    // this path, and it must not follow the name that they gave to the variable.
    const place = isInputObjectType(getNamedType(type)) ? 'input' : name
    if (!Object.hasOwn(variables, name)) {
      if (defaultValue === undefined && isNonNullType(type)) faults.push({ path: place, sentence: 'Missing.' })
      continue
    }
    coerceInputValue(variables[name], type, (path, _value, error) => {
      faults.push(faultAt(place, type, path, error))
    })
  }
  return faults
}

const missingField = /^Field "([_A-Za-z0-9]+)" of required type /

function faultAt(
  variable: string,
  type: GraphQLInputType,
  path: readonly (string | number)[],
  error: GraphQLError,
): VariableFault {
  const place = [variable, ...path].join('.')
  const [, missing] = missingField.exec(error.message) ?? []
  if (missing !== undefined) return { path: `${place}.${missing}`, sentence: 'Missing.' }
  if (error.message.startsWith('Expected non-nullable type ')) return { path: place, sentence: 'Must not be null.' }
  // Our own scalars say themselves what they want, in words that are safe by construction.
  if (error.originalError instanceof DomainError) return { path: place, sentence: error.originalError.message }
  const wanted = typeAt(type, path)
  return { path: place, sentence: wanted === null ? 'Not valid.' : `Not a valid ${String(wanted)}.` }
}

function typeAt(type: GraphQLInputType, path: readonly (string | number)[]): GraphQLInputType | null {
  let at: GraphQLInputType | null = type
  for (const step of path) {
    if (isNonNullType(at)) at = at.ofType
    if (isListType(at) && typeof step === 'number') at = at.ofType
    else at = isInputObjectType(at) ? (at.getFields()[step]?.type ?? null) : null
  }
  return at
}
