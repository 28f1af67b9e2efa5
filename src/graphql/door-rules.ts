/** Conditions under which a root field may be asked, beside those of the engine; see src/door.ts. */
import { askRule, isPerson } from '../authorization/index.js'
import { actorIdOf } from '../kernel/caller.js'
import { DomainError } from '../kernel/errors.js'
import type { Context } from './context.js'

type Arguments = Readonly<Record<string, unknown>>

/**
 * A browser sends cookies along with whatever a foreign page makes it ask. So whatever brings cookies or is to be
 * answered with some must come from an allowed origin, with the header that only scripts of such pages can set.
 */
function isOwnPage({ presented, cookieOriginFault }: Context, { input }: Arguments): DomainError | null {
  const wantsCookies = typeof input === 'object' && input !== null && 'delivery' in input && input.delivery === 'COOKIE'
  return wantsCookies || presented.hasCookies ? cookieOriginFault() : null
}

/** One budget for all changes of one caller: a stolen token must not be able to work through a list of people. */
async function hasChangesLeft({ caller, services }: Context): Promise<DomainError | null> {
  if (caller.kind === 'anonymous') return null
  try {
    await services.limits.spend('change', actorIdOf(caller))
    return null
  } catch (cause) {
    if (cause instanceof DomainError) return cause
    throw cause
  }
}

export const ownPages = askRule('ownPages', isOwnPage)

/** A person, at most so often a minute. */
export const personAtPace = askRule('personAtPace', isPerson, hasChangesLeft)

/** Any caller, at most so often a minute. */
export const atPace = askRule('atPace', hasChangesLeft)
