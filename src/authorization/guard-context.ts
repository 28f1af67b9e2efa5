import type { Caller } from '../kernel/caller.js'
import type { Refusal } from './caller-rules.js'

/** What a request must carry for the engine; a service's own context extends it. */
export interface GuardContext {
  caller: Caller
  /** Answers of rules that do not read the object, by rule. Emptied or replaced whenever `caller` is. */
  verdicts: Map<object, Refusal | null>
  /** Takes the caller anew and drops the verdicts; called before every root field of a mutation. */
  renewCaller(): Promise<void> | void
}

/** Told of every guard or door rule that threw instead of answering. It has already denied. */
export type OnGuardError = (coordinate: string, cause: unknown) => void
