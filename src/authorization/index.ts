// The engine's public entry. Whatever would let a schema run without the proof is deliberately not here.
export { authorizeSchema, type Authorization } from './authorize.js'
export type { CallerKind, Refusal } from './caller-rules.js'
export { proveCoverage } from './coverage.js'
export {
  askRule,
  defineDoor,
  open,
  personOnly,
  signedIn,
  type Door,
  type DoorLine,
  type DoorLines,
  type MutationLine,
  type RootType,
  type Scope,
} from './door.js'
export { PolicyInvalid, type Fault } from './faults.js'
export type { GuardContext, OnGuardError } from './guard-context.js'
export { definePolicy, type Policy } from './policy.js'
export type { PolicyDefinition, RoleDefinition } from './policy-definition.js'
