import { aliasSignIn } from './checks/alias-sign-in.js'
import { batchSignIn } from './checks/batch-sign-in.js'
import { cacheControl } from './checks/cache-control.js'
import { contentTypeSniffing } from './checks/content-type-sniffing.js'
import { cookieAttributes } from './checks/cookie-attributes.js'
import { cookieCsrf } from './checks/cookie-csrf.js'
import { cors } from './checks/cors.js'
import { echoedValues } from './checks/echoed-values.js'
import { entitiesFlood } from './checks/entities-flood.js'
import { entitiesForeign } from './checks/entities-foreign.js'
import { entitiesInjection } from './checks/entities-injection.js'
import { enumerationContent } from './checks/enumeration-content.js'
import { enumerationReset } from './checks/enumeration-reset.js'
import { enumerationSignUp } from './checks/enumeration-sign-up.js'
import { enumerationTime } from './checks/enumeration-time.js'
import { foreignObjects } from './checks/foreign-objects.js'
import { fragmentCycles } from './checks/fragment-cycles.js'
import { getMutation } from './checks/get-mutation.js'
import { guardedRoutes } from './checks/guarded-routes.js'
import { hostPoisoning } from './checks/host-poisoning.js'
import { hsts } from './checks/hsts.js'
import { introspection } from './checks/introspection.js'
import { limitAliases } from './checks/limit-aliases.js'
import { limitBody } from './checks/limit-body.js'
import { limitDepth } from './checks/limit-depth.js'
import { limitDirectives } from './checks/limit-directives.js'
import { limitTokens } from './checks/limit-tokens.js'
import { malformedRequests } from './checks/malformed-requests.js'
import { massAssignment } from './checks/mass-assignment.js'
import { methods } from './checks/methods.js'
import { passwordChangeSessions } from './checks/password-change-sessions.js'
import { refreshRace } from './checks/refresh-race.js'
import { refreshReplay } from './checks/refresh-replay.js'
import { secretsInAnswers } from './checks/secrets-in-answers.js'
import { serviceSdl } from './checks/service-sdl.js'
import { signInBrake } from './checks/sign-in-brake.js'
import { signOutReplay } from './checks/sign-out-replay.js'
import { signUpRace } from './checks/sign-up-race.js'
import { simpleRequests } from './checks/simple-requests.js'
import { stackTraces } from './checks/stack-traces.js'
import { suggestions } from './checks/suggestions.js'
import { tokenAlgNone } from './checks/token-alg-none.js'
import { tokenAltered } from './checks/token-altered.js'
import { tokenBroughtKey } from './checks/token-brought-key.js'
import { tokenClaims } from './checks/token-claims.js'
import { tokenExpired } from './checks/token-expired.js'
import { tokenKid } from './checks/token-kid.js'
import { tokenKinds } from './checks/token-kinds.js'
import { tokenLifetime } from './checks/token-lifetime.js'
import { tokenPublicKeyHmac } from './checks/token-public-key-hmac.js'
import { tokenSpelling } from './checks/token-spelling.js'
import { versionHeaders } from './checks/version-headers.js'
import type { Check } from './check.js'

/**
 * In the order in which they run: what wrong passwords are counted for comes last, because it may throttle us, and what
 * looks over all answers after those that provoke some.
 */
export const checks: readonly Check[] = [
  aliasSignIn,
  batchSignIn,
  enumerationContent,
  enumerationSignUp,
  enumerationReset,
  signUpRace,
  tokenAlgNone,
  tokenPublicKeyHmac,
  tokenKid,
  tokenBroughtKey,
  tokenAltered,
  tokenSpelling,
  tokenKinds,
  tokenClaims,
  tokenLifetime,
  tokenExpired,
  refreshRace,
  refreshReplay,
  signOutReplay,
  passwordChangeSessions,
  foreignObjects,
  guardedRoutes,
  entitiesForeign,
  entitiesInjection,
  entitiesFlood,
  massAssignment,
  introspection,
  serviceSdl,
  suggestions,
  limitDepth,
  limitAliases,
  limitTokens,
  limitDirectives,
  fragmentCycles,
  getMutation,
  simpleRequests,
  cookieCsrf,
  cookieAttributes,
  cors,
  hostPoisoning,
  methods,
  malformedRequests,
  limitBody,
  cacheControl,
  contentTypeSniffing,
  hsts,
  echoedValues,
  stackTraces,
  secretsInAnswers,
  versionHeaders,
  enumerationTime,
  signInBrake,
]
