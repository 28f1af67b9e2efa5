import type { IncomingHttpHeaders } from 'node:http'
import { askRule, type GuardContext } from '../authorization/index.js'
import type { Config } from '../config.js'
import { digestOf, sameDigest } from '../kernel/digest.js'
import { Forbidden } from '../kernel/errors.js'

export const routerHeader = 'x-portcullis-router'

export interface RouterProof {
  /** Whether the request carries one of the secrets. */
  readonly isProven: (headers: IncomingHttpHeaders) => boolean
  /** Whether it may ask what only routers ask. Where there is no secret at all, outside production everybody may. */
  readonly isRouter: (headers: IncomingHttpHeaders) => boolean
}

export function createRouterProof({ routerSecrets, mode }: Pick<Config, 'routerSecrets' | 'mode'>): RouterProof {
  const digests = routerSecrets.map(digestOf)
  const isProven: RouterProof['isProven'] = (headers) => {
    const presented = headers[routerHeader]
    if (typeof presented !== 'string') return false
    const digest = digestOf(presented)
    // All of them, whichever matches: the time taken must not say which one it was, nor how much of it was right.
    return digests.reduce((proven, each) => sameDigest(each, digest) || proven, false)
  }
  const isStandalone = digests.length === 0 && mode !== 'production'
  return { isProven, isRouter: (headers) => isStandalone || isProven(headers) }
}

interface RouterContext extends GuardContext {
  readonly router: boolean
}

/** For `_service` and `_entities`: the whole schema, and a way into it that passes by the root fields. */
export const routerOnly = askRule('routerOnly', ({ router }: RouterContext) => (router ? null : new Forbidden()))
