import type { LimitsService } from '../limits/service.js'

/** One counter over all factors and challenges of a person: switching between them gives no further guess. */
export function secondFactorAccount(userId: string): string {
  return `second-factor:${userId}`
}

/** Wrong codes in a row are counted against one password and the factors beside it: others begin another row. */
export interface RowOfCodes {
  beginRow(userId: string): Promise<void>
}

export function createRowOfCodes(limits: Pick<LimitsService, 'beginRow'>): RowOfCodes {
  return { beginRow: (userId) => limits.beginRow(secondFactorAccount(userId)) }
}
