/** Whether a password is on a list of breached ones; where the list does not answer, passwords are taken unseen. */
import type { AuditService } from '../audit/service.js'
import type { Background } from '../kernel/background.js'
import type { Clock } from '../kernel/clock.js'
import { breachApi } from './breach-api.js'
import { breachFile } from './breach-file.js'
import { breachHash } from './breach-range.js'

export type BreachSource =
  | { readonly kind: 'off' }
  /** `address` ends in a slash; the prefix is put behind it. */
  | { readonly kind: 'api'; readonly address: string }
  | { readonly kind: 'file'; readonly path: string }

/** Of SHA-1 hashes in upper case. */
export interface BreachList {
  /** @throws when it does not know */
  has(hash: string): Promise<boolean>
  close(): Promise<void>
}

export interface BreachCheck {
  /** Never throws: a list that does not answer keeps nobody from choosing a password. */
  isBreached(password: string): Promise<boolean>
  close(): Promise<void>
}

/** For so long a list that failed is not asked again: everybody who waits for it would wait in vain. */
const restMs = 30_000

/** One event for each password would fill the trail while a list is down. */
const eventEveryMs = 60_000

interface BreachDependencies {
  readonly audit: Pick<AuditService, 'record'>
  readonly background: Background
  readonly clock: Clock
}

/** Null where breached passwords are not looked for. @throws BreachFileUnusable */
export async function openBreachCheck(source: BreachSource, deps: BreachDependencies): Promise<BreachCheck | null> {
  switch (source.kind) {
    case 'off':
      return null
    case 'api':
      return createBreachCheck(breachApi(source.address), source.kind, deps)
    case 'file':
      return createBreachCheck(await breachFile(source.path), source.kind, deps)
  }
}

function createBreachCheck(
  list: BreachList,
  kind: 'api' | 'file',
  { audit, background, clock }: BreachDependencies,
): BreachCheck {
  let restsUntilMs = Number.NEGATIVE_INFINITY
  let nextEventMs = Number.NEGATIVE_INFINITY

  function tell(): void {
    const nowMs = clock.monotonicMs()
    if (nowMs < nextEventMs) return
    nextEventMs = nowMs + eventEveryMs
    const event = { name: 'password.breach-unchecked', actorId: null, subjectId: null, outcome: 'success' } as const
    background.run(() => audit.record({ ...event, facts: { list: kind } }))
  }

  return {
    async isBreached(password) {
      if (clock.monotonicMs() < restsUntilMs) {
        tell()
        return false
      }
      try {
        return await list.has(breachHash(password))
      } catch (cause) {
        restsUntilMs = clock.monotonicMs() + restMs
        tell()
        // Reported like all that fails behind an answer; what is thrown has at most the prefix in it.
        background.run(() => Promise.reject(new BreachListSilent(cause)))
        return false
      }
    },
    close: () => list.close(),
  }
}

class BreachListSilent extends Error {
  constructor(cause: unknown) {
    super('Breached passwords are not looked for at the moment', { cause })
    this.name = 'BreachListSilent'
  }
}
