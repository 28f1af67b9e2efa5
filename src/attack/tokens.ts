/** Access tokens taken apart and put together wrongly. */
import { constants, generateKeyPairSync, sign, type JsonWebKey, type KeyPairKeyObjectResult } from 'node:crypto'
import { accessTokenOf, type Attack } from './attack.js'
import { NotApplicable, Undecided } from './check.js'
import { isObject, listAt, parseJson } from './json.js'
import { appearanceOf, isUnknownToSchema, sessionOf, type Session } from './reply.js'

export interface Jwt {
  readonly token: string
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
  readonly parts: readonly [header: string, payload: string, signature: string]
}

export const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Null when it is none (an opaque token, for instance). */
export function readJwt(token: string): Jwt | null {
  const [head, payload, signature, ...rest] = token.split('.')
  if (head === undefined || payload === undefined || signature === undefined || rest.length > 0) return null
  const [header, claims] = [head, payload].map((part) => parseJson(Buffer.from(part, 'base64url').toString()))
  if (!isObject(header) || !isObject(claims)) return null
  return { token, header, claims, parts: [head, payload, signature] }
}

export interface Presenter {
  readonly jwt: Jwt
  /** Whether the server takes a token for good. */
  readonly isAccepted: (token: string) => Promise<boolean>
}

/**
 * A good token of ours, and a way to present others. That the good one is taken and none is refused was seen first:
 * otherwise a refusal of a forged one says nothing.
 */
export async function presenter(attack: Attack): Promise<Presenter> {
  const { session } = await attack.one()
  const jwt = readJwt(accessTokenOf(session))
  if (jwt === null) throw new NotApplicable('The access token is opaque: there is nothing to forge.')
  const isAccepted = async (token: string | null) => isKnown(attack, token)
  if (await isAccepted(null)) throw new NotApplicable('The question "who am I" is answered without a token.')
  if (!(await isAccepted(jwt.token))) throw new Undecided('The question "who am I" is not answered with a good token.')
  return { jwt, isAccepted }
}

/** Does the server see somebody in this token? */
export async function isKnown(attack: Attack, token: string | null): Promise<boolean> {
  const { data } = await attack.ask(`{ ${attack.field('me')} }`, { token })
  return isObject(data) && Object.values(data).some((value) => value !== null)
}

/** Presents each, and returns the names of those that were taken. */
export async function acceptedOf(
  { isAccepted }: Presenter,
  forgeries: Iterable<readonly [name: string, token: string]>,
): Promise<string[]> {
  const taken: string[] = []
  for (const [name, token] of forgeries) if (await isAccepted(token)) taken.push(name)
  return taken
}

/** The keys that the server publishes, in any of the usual places; none when it publishes none. */
export async function publishedKeys({ client }: Attack): Promise<readonly JsonWebKey[]> {
  for (const path of ['/.well-known/jwks.json', '/jwks.json', '/oauth/jwks', '/.well-known/jwks', '/jwks']) {
    const { status, body } = await client.send({ method: 'GET', path, headers: { accept: 'application/json' } })
    const keys = listAt(body, 'keys').filter(isObject)
    if (status === 200 && keys.length > 0) return keys
  }
  return []
}

export interface ForeignKey {
  readonly jwk: JsonWebKey
  /** Our claims, signed by this key. */
  readonly sign: (header: Readonly<Record<string, unknown>>, claims: Readonly<Record<string, unknown>>) => string
}

/** A key that the server has never seen, of the kind that the algorithm needs. */
export function foreignKey(algorithm: unknown): ForeignKey {
  const { publicKey, privateKey: key } = pairFor(algorithm)
  const isRsa = key.asymmetricKeyType === 'rsa'
  return {
    jwk: { ...publicKey.export({ format: 'jwk' }), kid: 'attack', use: 'sig', alg: String(algorithm) },
    sign(header, claims) {
      const input = `${encode(header)}.${encode(claims)}`
      const digest = key.asymmetricKeyType === 'ed25519' ? null : `sha${String(algorithm).slice(2) || '256'}`
      const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      const isPss = String(algorithm).startsWith('PS')
      const options = isRsa ? { key, ...(isPss ? pss : {}) } : { key, dsaEncoding: 'ieee-p1363' as const }
      return `${input}.${sign(digest, Buffer.from(input), options).toString('base64url')}`
    },
  }
}

function pairFor(algorithm: unknown): KeyPairKeyObjectResult {
  if (algorithm === 'EdDSA' || algorithm === 'Ed25519') return generateKeyPairSync('ed25519')
  const curve = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }[String(algorithm)]
  if (curve !== undefined) return generateKeyPairSync('ec', { namedCurve: curve })
  return generateKeyPairSync('rsa', { modulusLength: 2048 })
}

export interface Renewed {
  readonly session: Session
  /** Why a refusal of its refresh token would say nothing; null when it was just seen to work. */
  readonly doubt: string | null
}

/** The session after a refresh. Where no refresh works, none that is refused later is a proof of anything. */
export async function renewed(attack: Attack, session: Session): Promise<Renewed> {
  const { refreshToken } = session
  if (refreshToken === null) return { session, doubt: null }
  const reply = await attack.ask(`mutation { ${attack.field('refresh', { refreshToken })} }`)
  if (isUnknownToSchema(reply)) return { session, doubt: 'There is no such refresh (see --operations).' }
  const next = sessionOf(reply)
  if (next === null) return { session, doubt: `A good refresh token is refused: ${appearanceOf(reply)}.` }
  const tokens = {
    accessToken: next.accessToken ?? session.accessToken,
    refreshToken: next.refreshToken ?? refreshToken,
  }
  return { session: { ...session, ...tokens }, doubt: null }
}

/** Whether it opens anything. */
export async function isRefreshed(attack: Attack, refreshToken: string): Promise<boolean> {
  return sessionOf(await attack.ask(`mutation { ${attack.field('refresh', { refreshToken })} }`)) !== null
}
