import { DomainError } from '../kernel/errors.js'

/** One thing that is wrong with a schema, a policy or a door: where, what, and what to do about it. */
export interface Fault {
  /** A schema coordinate (`User.email`, `@auth`), a role or a line of the door. */
  readonly place: string
  readonly problem: string
  readonly remedy: string
}

/** The refusal to start: every fault there is, at once. */
export class PolicyInvalid extends DomainError {
  readonly faults: readonly Fault[]

  constructor(faults: readonly Fault[]) {
    const lines = faults.map(({ place, problem, remedy }) => `  ${place}: ${problem}. ${remedy}.`)
    super('invalid', 'POLICY_INVALID', `Authorization (${faults.length}):\n${lines.join('\n')}`)
    this.faults = faults
  }
}
