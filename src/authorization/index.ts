// The engine's public entry. Whatever would let a schema run without the proof is deliberately not here.
export {
  anonymous,
  machineOf,
  personOf,
  requirePerson,
  type Anonymous,
  type Caller,
  type Holdings,
  type Machine,
  type Owned,
  type Person,
  type Reach,
} from '../kernel/caller.js'
export {
  AccessTokenRejected,
  DomainError,
  Forbidden,
  InvalidInput,
  NotFound,
  RateLimited,
  StepUpRequired,
  Unauthenticated,
  Unavailable,
  type ErrorKind,
} from '../kernel/errors.js'
export { requireProof } from '../kernel/step-up.js'
export type { Assurance, Subject } from '../kernel/subject.js'
export { accessOf, ownerFieldsOf, type Access } from './access.js'
export { authorizeSchema, type Authorization } from './authorize.js'
export type { CallerKind, Refusal } from './caller-rules.js'
export { proveCoverage } from './coverage.js'
export { createDecisions, type Decision, type Decisions, type DenialReason } from './decisions.js'
export {
  askRule,
  defineDoor,
  isPerson,
  isSignedIn,
  open,
  personOnly,
  signedIn,
  type Condition,
  type Door,
  type DoorLine,
  type DoorLines,
  type MutationLine,
  type RootType,
  type Scope,
} from './door.js'
export { defineEntities, type Entities, type EntitySource } from './entity-loader.js'
export { describeFaults, PolicyInvalid, type Fault } from './faults.js'
export { explainOperation, type FieldExplanation } from './explain.js'
export type { GuardContext, OnGuardError } from './guard-context.js'
export { matrixOf, printMatrix, type Matrix, type MatrixFormat } from './matrix.js'
export { definePolicy, type Policy, type PolicySubject } from './policy.js'
export type { AttributeType, PolicyDefinition, RoleDefinition } from './policy-definition.js'
export { withRouterDirectives } from './router-directives.js'
export { sampleCaller, sampleCallers } from './sample-callers.js'
export type { ShadowDifference } from './shadow.js'
