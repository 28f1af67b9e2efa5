/**
 * Owns access tokens: minting and verifying signed JWTs (RFC 9068). Does not own the keys, nor whether the session
 * behind a token still lives: a valid token of an ended session is still a valid token here.
 */
import { errors, jwtVerify, SignJWT, type CryptoKey } from 'jose'
import type { Clock } from '../kernel/clock.js'
import { AccessTokenRejected } from '../kernel/errors.js'
import type { Random } from '../kernel/random.js'
import type { Assurance } from '../kernel/subject.js'
import type { SigningKey } from '../keys/service.js'
import { keyIdOf } from './access-token-shape.js'

/** What an access token says, in our words. */
export interface AccessGrant {
  readonly userId: string
  readonly sessionId: string
  readonly roles: readonly string[]
  readonly assurance: Assurance
  readonly authenticatedAt: Date
}

export interface VerifiedAccess extends AccessGrant {
  readonly expiresAt: Date
}

export interface IssuedAccess {
  readonly accessToken: string
  /** Whole seconds. */
  readonly expiresInSeconds: number
}

export interface TokensService {
  /** @param notAfter the absolute end of the session; no token outlives it */
  mint(grant: AccessGrant, notAfter: Date): Promise<IssuedAccess>
  /** @throws AccessTokenRejected */
  verify(accessToken: string): Promise<VerifiedAccess>
}

export interface TokenSettings {
  readonly issuer: string
  /** All of them go into `aud`; a token is good here when it names any. */
  readonly audience: readonly string[]
  readonly accessTtlMs: number
}

/** RFC 9068 §2.2: the `client_id` of a person who signed in here directly. */
const ownClientId = 'portcullis'
const skewSeconds = 10
/** So that tokens issued together (a deployment, an outage) do not all come back for a refresh together. */
const jitter = 0.05
const requiredClaims = ['iss', 'aud', 'sub', 'sid', 'client_id', 'roles', 'acr', 'auth_time', 'iat', 'exp', 'jti']

export function createTokens(deps: {
  keys: {
    signingKey(): SigningKey & { readonly privateKey: CryptoKey }
    verificationKey(id: string): SigningKey | null
  }
  settings: TokenSettings
  clock: Clock
  random: Random
}): TokensService {
  const { keys, settings, clock, random } = deps

  return {
    async mint(grant, notAfter) {
      const key = keys.signingKey()
      const issuedAt = Math.floor(clock.now().getTime() / 1000)
      const share = random(4).readUInt32BE() / 2 ** 32
      const ttlSeconds = (settings.accessTtlMs / 1000) * (1 - jitter + 2 * jitter * share)
      const expiresAt = Math.min(Math.ceil(issuedAt + ttlSeconds), Math.floor(notAfter.getTime() / 1000))
      const accessToken = await new SignJWT({
        sid: grant.sessionId,
        client_id: ownClientId,
        roles: [...grant.roles],
        acr: grant.assurance,
        auth_time: Math.floor(grant.authenticatedAt.getTime() / 1000),
      })
        .setProtectedHeader({ alg: key.algorithm, typ: 'at+jwt', kid: key.id })
        .setIssuer(settings.issuer)
        .setAudience([...settings.audience])
        .setSubject(grant.userId)
        .setIssuedAt(issuedAt)
        .setExpirationTime(expiresAt)
        .setJti(random(16).toString('base64url'))
        .sign(key.privateKey)
      return { accessToken, expiresInSeconds: expiresAt - issuedAt }
    },

    async verify(accessToken) {
      const keyId = keyIdOf(accessToken)
      const key = keyId === null ? null : keys.verificationKey(keyId)
      if (key === null) throw new AccessTokenRejected('TOKEN_INVALID')
      try {
        const { payload } = await jwtVerify(accessToken, key.publicKey, {
          // RFC 8725 §3.1: one algorithm per key, and it is the key that says which.
          algorithms: [key.algorithm],
          issuer: settings.issuer,
          audience: [...settings.audience],
          typ: 'at+jwt',
          requiredClaims,
          clockTolerance: skewSeconds,
          currentDate: clock.now(),
        })
        return accessOf(payload, clock.now())
      } catch (cause) {
        throw new AccessTokenRejected(cause instanceof errors.JWTExpired ? 'TOKEN_EXPIRED' : 'TOKEN_INVALID')
      }
    },
  }
}

/** The claims in our words. @throws AccessTokenRejected when one is not of its type, though we signed it */
function accessOf(payload: Record<string, unknown>, now: Date): VerifiedAccess {
  const { sub, sid, client_id, roles, acr, auth_time, exp, iat } = payload
  const wellFormed =
    typeof sub === 'string' &&
    typeof sid === 'string' &&
    client_id === ownClientId &&
    isListOfText(roles) &&
    // RFC 9449 §7.1: bound to a key, it is not a bearer token.
    !('cnf' in payload) &&
    (acr === 'aal1' || acr === 'aal2') &&
    typeof auth_time === 'number' &&
    typeof exp === 'number' &&
    typeof iat === 'number' &&
    // jose checks `iat` against the future only together with a maximum age.
    iat * 1000 <= now.getTime() + skewSeconds * 1000
  if (!wellFormed) throw new AccessTokenRejected('TOKEN_INVALID')
  return {
    userId: sub,
    sessionId: sid,
    roles,
    assurance: acr,
    authenticatedAt: new Date(auth_time * 1000),
    expiresAt: new Date(exp * 1000),
  }
}

function isListOfText(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}
