import { createHmac, createPublicKey, generateKeyPairSync, sign, verify, type JsonWebKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Has } from './defects.js'

type Json = Record<string, unknown>
export type Claims = Json & { sub: string; sid: string; exp?: number }

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const decode = (part = ''): Json => JSON.parse(Buffer.from(part, 'base64url').toString())
const ecdsa = 'ieee-p1363' as const

/** Access tokens, by hand, as in many a tutorial. */
export function createNaiveTokens(has: Has, ttlSeconds: number) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'key-1', alg: 'ES256', use: 'sig' }

  function lifetime(): number | null {
    if (has('token-without-end')) return null
    if (has('token-for-a-week')) return 604_800
    return has('token-for-two-hours') ? 7_200 : ttlSeconds
  }

  function issue(claims: Json): string {
    const iat = Math.floor(Date.now() / 1000)
    const seconds = lifetime()
    const input = `${encode({ alg: 'ES256', typ: 'at+jwt', kid: 'key-1' })}.${encode({ ...claims, iat, ...(seconds === null ? {} : { exp: iat + seconds }) })}`
    return `${input}.${sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: ecdsa }).toString('base64url')}`
  }

  async function read(token: string): Promise<Claims | null> {
    try {
      const [head, payload, signature = '', ...rest] = token.split('.')
      if (rest.length > 0 || !(await isAuthentic(decode(head), `${head}.${payload}`, signature))) return null
      const claims = decode(payload) as Claims
      if (has('ignores-the-expiry') || claims.exp === undefined) return claims
      return claims.exp * 1000 > Date.now() ? claims : null
    } catch {
      return null
    }
  }

  async function isAuthentic(header: Json, input: string, signature: string): Promise<boolean> {
    if (has('decodes-and-does-not-verify')) return true
    if (has('takes-alg-none') && /^none$/i.test(String(header.alg))) return true
    const isHmacOf = (secret: string | Buffer) =>
      createHmac('sha256', secret).update(input).digest('base64url') === signature
    if (header.alg === 'HS256') {
      if (has('takes-the-public-key-for-a-secret')) return isHmacOf(pem)
      if (has('takes-kid-for-a-path')) return isHmacOf(readFileSync(resolve('/keys', String(header.kid))))
    }
    if (has('takes-the-key-of-the-token') && header.jwk !== undefined)
      return isSigned(header.jwk as JsonWebKey, input, signature)
    if (has('fetches-the-key-of-the-token') && typeof header.jku === 'string') {
      const { keys } = (await (await fetch(header.jku)).json()) as { keys: JsonWebKey[] }
      return keys.some((key) => isSigned(key, input, signature))
    }
    const isCanonical = Buffer.from(signature, 'base64url').toString('base64url') === signature
    return (isCanonical || has('ignores-spare-bits')) && isSigned(jwk, input, signature)
  }

  function isSigned(key: JsonWebKey, input: string, signature: string): boolean {
    const publicKey = createPublicKey({ key, format: 'jwk' })
    return verify(
      'sha256',
      Buffer.from(input),
      { key: publicKey, dsaEncoding: ecdsa },
      Buffer.from(signature, 'base64url'),
    )
  }

  return { issue, read, jwks: { keys: [jwk] } }
}
