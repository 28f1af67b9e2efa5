import type { Fault } from './faults.js'

/** From these scores on, each a whole number from 1; what is left out is never done. */
export interface RiskDefinition {
  /** The person is told by mail. */
  readonly notify?: number
  /** The person needs a second factor; who has none is told. */
  readonly secondFactor?: number
  /** Nobody is signed in, as if the password were wrong. Strangers' failures count: this can keep an owner out, until a new password by mail where it is high enough. */
  readonly refuse?: number
}

/** Each step is graver than the one before. */
export function riskFaults(risk: RiskDefinition | undefined): Fault[] {
  if (risk === undefined) return []
  const steps = [risk.notify, risk.secondFactor, risk.refuse].filter((score) => score !== undefined)
  const faults: Fault[] = []
  if (!steps.every((score) => Number.isSafeInteger(score) && score >= 1)) {
    const remedy = 'Write whole numbers from 1, without quotes'
    faults.push({ place: 'risk', problem: 'has a threshold that is no score', remedy })
  }
  if (steps.some((score, index) => score < (steps[index - 1] ?? score))) {
    const remedy = 'Let notify be at most secondFactor, and that at most refuse'
    faults.push({ place: 'risk', problem: 'has thresholds that do not rise', remedy })
  }
  return faults
}
