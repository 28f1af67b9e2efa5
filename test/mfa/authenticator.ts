import { createHash, createPrivateKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import { isoCBOR } from '@simplewebauthn/server/helpers'

/** What a page gets from the browser, and what is wrong with it. */
export interface Misuse {
  readonly type?: string
  readonly challenge?: string
  readonly origin?: string
  readonly crossOrigin?: boolean
  readonly topOrigin?: string
  readonly rpId?: string
  /** Bits of WebAuthn §6.1: 1 is "present", 4 is "verified". */
  readonly flags?: number
  readonly counter?: number
  readonly algorithm?: number
  readonly userHandle?: string | null
  /** Bytes that are hung on to the key. */
  readonly extra?: number
  /** 16 bytes in hex; all zero where it does not say what it is. */
  readonly aaguid?: string
  readonly attestation?: { readonly fmt: string; readonly attStmt: ReadonlyMap<string, unknown> }
  /** Attested by a certificate that names itself, and an address for what it has revoked. */
  readonly isCertified?: boolean
  /** Changes the answer after it was signed. */
  readonly tamper?: (credential: SentCredential) => unknown
}

export interface SentCredential {
  id: string
  rawId: string
  type: string
  response: Record<string, unknown>
  clientExtensionResults: object
}

interface Options {
  readonly challenge: string
  readonly rp?: { readonly id?: string }
  readonly rpId?: string
  readonly user?: { readonly id: string }
}

const present = 0x01
const verified = 0x04
const attested = 0x40

/**
 * An authenticator with one passkey, and the browser before it: WebAuthn §6 with real keys. Where Chromium's own can say
 * it, test/mfa/browser.test.ts does; this one lies as well.
 */
export function createAuthenticator({ origin }: { origin: string }) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const id = randomBytes(32)
  let userHandle: string | null = null
  let counter = 0

  function sent(response: Record<string, unknown>, { tamper }: Misuse): unknown {
    const credential = {
      id: id.toString('base64url'),
      rawId: id.toString('base64url'),
      type: 'public-key',
      response,
      clientExtensionResults: {},
    }
    return tamper === undefined ? credential : tamper(credential)
  }

  return {
    id: id.toString('base64url'),

    create(options: Options, misuse: Misuse = {}): unknown {
      userHandle = options.user?.id ?? null
      const flags = misuse.flags ?? present | verified | attested
      const credential = Buffer.concat([aaguidOf(misuse), uint16(id.length), id, coseKey(publicKey, misuse)])
      const authData = Buffer.concat([
        authenticatorData(misuse.rpId ?? options.rp?.id ?? '', flags, misuse.counter ?? 0),
        credential,
      ])
      const clientDataJSON = clientData('webauthn.create', options, { origin, ...misuse })
      const none = { fmt: 'none', attStmt: new Map<string, unknown>() }
      const certified = misuse.isCertified === true ? attestationOf(authData, clientDataJSON) : none
      const { fmt, attStmt } = misuse.attestation ?? certified
      const attestation = new Map<string, unknown>([
        ['fmt', fmt],
        ['attStmt', attStmt],
        ['authData', new Uint8Array(authData)],
      ])
      const attestationObject = Buffer.from(isoCBOR.encode(attestation as never)).toString('base64url')
      return sent({ clientDataJSON, attestationObject, transports: ['internal', 'hybrid'] }, misuse)
    },

    get(options: Options, misuse: Misuse = {}): unknown {
      counter = misuse.counter ?? counter + 1
      const data = authenticatorData(misuse.rpId ?? options.rpId ?? '', misuse.flags ?? present | verified, counter)
      const clientDataJSON = clientData('webauthn.get', options, { origin, ...misuse })
      const signature = signed(data, clientDataJSON, privateKey).toString('base64url')
      const handle = misuse.userHandle === undefined ? userHandle : misuse.userHandle
      return sent(
        {
          clientDataJSON,
          authenticatorData: data.toString('base64url'),
          signature,
          ...(handle === null ? {} : { userHandle: handle }),
        },
        misuse,
      )
    },
  }
}

function signed(data: Buffer, clientDataJSON: string, key: KeyObject): Buffer {
  const hash = createHash('sha256').update(Buffer.from(clientDataJSON, 'base64url')).digest()
  return sign('sha256', Buffer.concat([data, hash]), key)
}

/** WebAuthn §8.2. */
function attestationOf(data: Buffer, clientDataJSON: string) {
  const key = createPrivateKey({ key: certificateKey, format: 'der', type: 'pkcs8' })
  const attStmt = new Map<string, unknown>([
    ['alg', -7],
    ['sig', new Uint8Array(signed(data, clientDataJSON, key))],
    ['x5c', [new Uint8Array(certificate)]],
  ])
  return { fmt: 'packed', attStmt }
}

export type Authenticator = ReturnType<typeof createAuthenticator>

function clientData(type: string, options: Options, { origin, ...misuse }: Misuse & { origin: string }): string {
  const { crossOrigin, topOrigin } = misuse
  const data = {
    type: misuse.type ?? type,
    challenge: misuse.challenge ?? options.challenge,
    origin,
    crossOrigin: crossOrigin ?? false,
    ...(topOrigin === undefined ? {} : { topOrigin }),
  }
  return Buffer.from(JSON.stringify(data)).toString('base64url')
}

function authenticatorData(rpId: string, flags: number, counter: number): Buffer {
  const count = Buffer.alloc(4)
  count.writeUInt32BE(counter)
  return Buffer.concat([createHash('sha256').update(rpId).digest(), Buffer.from([flags]), count])
}

/** RFC 9053 §7.1.1: EC2, ES256, P-256. */
function coseKey(publicKey: KeyObject, { algorithm = -7, extra = 0 }: Misuse): Buffer {
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const key = new Map<number, unknown>([
    [1, 2],
    [3, algorithm],
    [-1, 1],
    [-2, new Uint8Array(Buffer.from(x, 'base64url'))],
    [-3, new Uint8Array(Buffer.from(y, 'base64url'))],
    ...(extra === 0 ? [] : [[-70_000, new Uint8Array(extra)] as [number, unknown]]),
  ])
  return Buffer.from(isoCBOR.encode(key as never))
}

const aaguidOf = ({ aaguid = '00'.repeat(16) }: Misuse) => Buffer.from(aaguid, 'hex')

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

/** Of nobody, made for this file; where its revocations would be looked up nobody listens. */
const certificate = Buffer.from(
  [
    'MIICAzCCAaigAwIBAgIUfFcPm6n/rBjEhk716C/8Ia2m32YwCgYIKoZIzj0EAwIwUzELMAkGA1UEBhMCU0UxDzANBgNVBAoMBk5v',
    'Ym9keTEiMCAGA1UECwwZQXV0aGVudGljYXRvciBBdHRlc3RhdGlvbjEPMA0GA1UEAwwGTm9ib2R5MCAXDTI2MTEyODEwMjU0N1oY',
    'DzIxMjYxMTA0MTAyNTQ3WjBTMQswCQYDVQQGEwJTRTEPMA0GA1UECgwGTm9ib2R5MSIwIAYDVQQLDBlBdXRoZW50aWNhdG9yIEF0',
    'dGVzdGF0aW9uMQ8wDQYDVQQDDAZOb2JvZHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARA9Lvw7REGptC1c09vHYyAwumaifp1',
    'gRouL+j6ssZKq1aBa0QaFfjHgPH7QlZUS3wEdUJ8M/DQzNSLFtbmmp1xo1gwVjAMBgNVHRMBAf8EAjAAMCcGA1UdHwQgMB4wHKAa',
    'oBiGFmh0dHA6Ly8xMjcuMC4wLjE6OS9jcmwwHQYDVR0OBBYEFBM9lFUsCFaOXVgKOURzfoBwzWOeMAoGCCqGSM49BAMCA0kAMEYC',
    'IQD5lj7PMCU60v6VgZc04Vay70AU/y4PUVIPGBSFG8mxEwIhAJfgBlQRMZgIwOqbsVlz1VP3g5TJRXLVHEQj40P63fu4',
  ].join(''),
  'base64',
)
const certificateKey = Buffer.from(
  [
    'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg8v81IjtGd+kOZ2VgxvkjzMkJnPyNAG6fR5DuJPPB6AGhRANCAARA',
    '9Lvw7REGptC1c09vHYyAwumaifp1gRouL+j6ssZKq1aBa0QaFfjHgPH7QlZUS3wEdUJ8M/DQzNSLFtbmmp1x',
  ].join(''),
  'base64',
)
