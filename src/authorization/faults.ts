import { DomainError } from '../kernel/errors.js'

/** One thing that is wrong with a schema, a policy or a door: where, what, and what to do about it. */
export interface Fault {
  /** `schema/users.graphql:31`, or the file of the policy; absent where nobody said what was read from where. */
  readonly file?: string
  /** A schema coordinate (`User.email`, `@auth`), a role or a line of the door. */
  readonly place: string
  readonly problem: string
  readonly remedy: string
}

/** The refusal to start: every fault there is, at once. */
export class PolicyInvalid extends DomainError {
  readonly faults: readonly Fault[]

  constructor(faults: readonly Fault[]) {
    super('invalid', 'POLICY_INVALID', `Authorization (${faults.length}):\n${describeFaults(faults)}`)
    this.faults = faults
  }
}

/** One line for each fault. */
export function describeFaults(faults: readonly Fault[]): string {
  return faults
    .map(
      ({ file, place, problem, remedy }) => `  ${file === undefined ? '' : `${file} `}${place}: ${problem}. ${remedy}.`,
    )
    .join('\n')
}
