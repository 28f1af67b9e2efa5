/**
 * Who a bearer token is, without asking Portcullis: the keys it publishes are enough. What this cannot know is whether
 * the session behind a good token was ended meanwhile; a token lives for ten minutes at most.
 */
import { createRemoteJWKSet, errors, jwtVerify } from 'jose'
import { AccessTokenRejected, anonymous, personOf } from './portcullis.mjs'

const requiredClaims = ['sub', 'sid', 'client_id', 'roles', 'acr', 'auth_time', 'iat', 'exp', 'jti']

/**
 * @param {{ jwksUrl: string, issuer: string, audience: string, policy: object }} settings
 * @returns {(authorization: string | undefined) => Promise<object>} anonymous without a header, and never for a bad one
 */
export function createIdentity({ jwksUrl, issuer, audience, policy }) {
  const keys = createRemoteJWKSet(new URL(jwksUrl))
  return async (authorization) => {
    if (authorization === undefined) return anonymous
    const [, token] = /^Bearer ([A-Za-z0-9._-]{1,8192})$/i.exec(authorization) ?? []
    if (token === undefined) throw new AccessTokenRejected('TOKEN_INVALID')
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer,
        audience,
        typ: 'at+jwt',
        algorithms: ['ES256'],
        requiredClaims,
        clockTolerance: 10,
      })
      return personFrom(payload, policy)
    } catch (cause) {
      // Keys that cannot be fetched are no verdict on the token: the request fails, and can be tried again.
      const isVerdict =
        cause instanceof errors.JOSEError && !['ERR_JWKS_TIMEOUT', 'ERR_JOSE_GENERIC'].includes(cause.code)
      if (!isVerdict) throw cause
      throw new AccessTokenRejected(cause instanceof errors.JWTExpired ? 'TOKEN_EXPIRED' : 'TOKEN_INVALID')
    }
  }
}

/** Roles and no attributes: those never travel in a token. */
function personFrom({ sub, sid, roles, acr, auth_time: provenAt, client_id: client, cnf }, policy) {
  // A token of a machine is no person's, and one that is bound to a key (RFC 9449 §7.1) is no bearer token.
  const isWellFormed =
    client === 'portcullis' && cnf === undefined && Array.isArray(roles) && ['aal1', 'aal2'].includes(acr)
  if (!isWellFormed) throw new errors.JWTInvalid('not an access token of a person')
  return personOf({
    user: { id: sub, roles, attributes: {} },
    sessionId: sid,
    assurance: acr,
    authenticatedAt: new Date(provenAt * 1000),
    holdings: policy.holdingsOf({ id: sub, roles, attributes: {} }),
  })
}
