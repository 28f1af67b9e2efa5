import { parse } from 'graphql'
import type { PolicyDefinition } from '../../../src/authorization/policy-definition.js'
import { permissionsAsked } from './naive-guard.js'

/** The same policy for a schema that asks for less: the rest is for others, or the schema would not be served. */
export function askedBy(sdl: string, definition: PolicyDefinition): PolicyDefinition {
  const asked = permissionsAsked(parse(sdl))
  const isAsked = (permission: string): boolean => asked.has(permission)
  const { permissions, stepUp = {} } = definition
  return {
    ...definition,
    permissions: permissions.filter(isAsked),
    elsewhere: permissions.filter((permission) => !isAsked(permission)),
    stepUp: Object.fromEntries(Object.entries(stepUp).filter(([permission]) => isAsked(permission))),
  }
}
