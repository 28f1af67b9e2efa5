import { createHash } from 'node:crypto'
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server'
import { z } from 'zod'
import type { RelyingParty } from './relying-party.js'

/** What is known of a passkey beside whose it is. */
export interface PasskeyFacts {
  /** base64url; says nothing and is no secret. */
  readonly credentialId: string
  /** COSE (RFC 9052 §7), base64url. */
  readonly publicKey: string
  /** Of the last signature; 0 for good where the authenticator does not count. */
  readonly counter: number
  /** How the browser reaches it; a hint. */
  readonly transports: readonly string[]
  /** Whether it is copied to other devices of the person. */
  readonly isBackedUp: boolean
}

export type CreationOptions = PublicKeyCredentialCreationOptionsJSON
export type RequestOptions = PublicKeyCredentialRequestOptionsJSON

type Allowed = Pick<PasskeyFacts, 'credentialId' | 'transports'>

/** EdDSA, ES256, RS256: what every browser and authenticator has one of. */
const algorithms = [-8, -7, -257]
const patienceMs = 300_000
const knownTransports = new Set(['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'])
/** WebAuthn §5.1.3: a credential id has at most 1023 bytes. */
const maxCredentialId = 1_364

/** What both kinds of answers are, `PublicKeyCredential.toJSON()`; what else is in them does not matter. */
const answer = {
  id: z.string().max(maxCredentialId),
  rawId: z.string(),
  type: z.literal('public-key'),
  clientExtensionResults: z.object({}).default({}),
}
const creation = z.object({
  ...answer,
  response: z.object({ clientDataJSON: z.string(), attestationObject: z.string(), transports: z.unknown().optional() }),
})
const assertion = z.object({
  ...answer,
  response: z.object({
    clientDataJSON: z.string(),
    authenticatorData: z.string(),
    signature: z.string(),
    userHandle: z.string().optional(),
  }),
})

/** Loading takes a quarter of a second of CPU: whoever has no passkey pays nothing for it. */
const load = () => Promise.all([import('@simplewebauthn/server'), import('@simplewebauthn/server/helpers')])

/**
 * What the authenticator signs, for a challenge of ours: so that a signature is good with that challenge and no other, and
 * nothing more has to be kept.
 */
function signedChallenge(challenge: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(`webauthn:${challenge}`).digest())
}

/** For `navigator.credentials.create`: a passkey that is found without a name, and that asks for PIN or finger. */
export async function creationOptions(
  { id, name }: RelyingParty,
  user: { readonly id: string; readonly email: string; readonly displayName: string | null },
  { challenge, existing }: { readonly challenge: string; readonly existing: readonly Allowed[] },
): Promise<CreationOptions> {
  const [{ generateRegistrationOptions }] = await load()
  return generateRegistrationOptions({
    rpID: id,
    rpName: name,
    userID: new TextEncoder().encode(user.id),
    userName: user.email,
    userDisplayName: user.displayName ?? user.email,
    challenge: signedChallenge(challenge),
    timeout: patienceMs,
    // Who has made the authenticator is not asked, so that nobody is refused for it.
    attestationType: 'none',
    supportedAlgorithmIDs: algorithms,
    excludeCredentials: existing.map(descriptorOf),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  })
}

/** For `navigator.credentials.get`. @param allowed empty: whichever passkey the person picks, and so whoever it is */
export async function requestOptions(
  { id }: RelyingParty,
  { challenge, allowed }: { readonly challenge: string; readonly allowed: readonly Allowed[] },
): Promise<RequestOptions> {
  const [{ generateAuthenticationOptions }] = await load()
  return generateAuthenticationOptions({
    rpID: id,
    challenge: signedChallenge(challenge),
    timeout: patienceMs,
    userVerification: 'required',
    ...(allowed.length === 0 ? {} : { allowCredentials: allowed.map(descriptorOf) }),
  })
}

/** The new passkey, or null when it was not made for this challenge, on a page of ours, by somebody who was verified. */
export async function passkeyFrom(
  rp: RelyingParty,
  challenge: string,
  credential: unknown,
): Promise<PasskeyFacts | null> {
  const [{ verifyRegistrationResponse }, { decodeAttestationObject }] = await load()
  return unlessMalformed(async () => {
    const { response, ...rest } = creation.parse(credential)
    const { attestationObject, clientDataJSON, transports } = response
    if (!isOfOwnPage(clientDataJSON)) return null
    const attestation = decodeAttestationObject(new Uint8Array(Buffer.from(attestationObject, 'base64url')))
    // The library would read, and look up, certificates that a stranger has written. We have asked for none.
    if (attestation.get('fmt') !== 'none' && attestation.get('attStmt').get('x5c') !== undefined) return null
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: { ...rest, response: { clientDataJSON, attestationObject } },
      ...expectations(rp, challenge),
      supportedAlgorithmIDs: algorithms,
    })
    if (!verified) return null
    const { id, publicKey, counter } = registrationInfo.credential
    return {
      credentialId: id,
      publicKey: Buffer.from(publicKey).toString('base64url'),
      counter,
      transports: transportsIn(transports),
      isBackedUp: registrationInfo.credentialBackedUp,
    }
  })
}

/**
 * The counter of a signature by that passkey, or null when it is none for this challenge, on a page of ours, by somebody
 * who was verified. Whether the counter has grown, the caller of this decides.
 */
export async function counterOf(
  rp: RelyingParty,
  challenge: string,
  { credential, passkey }: { readonly credential: unknown; readonly passkey: PasskeyFacts },
): Promise<number | null> {
  const [{ verifyAuthenticationResponse }] = await load()
  return unlessMalformed(async () => {
    const { response, ...rest } = assertion.parse(credential)
    const { clientDataJSON, authenticatorData, signature } = response
    if (!isOfOwnPage(clientDataJSON)) return null
    const publicKey = new Uint8Array(Buffer.from(passkey.publicKey, 'base64url'))
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: { ...rest, response: { clientDataJSON, authenticatorData, signature } },
      ...expectations(rp, challenge),
      // 0: the library would refuse an old counter before it has looked at the signature, and we could not tell the two
      // apart.
      credential: { id: passkey.credentialId, publicKey, counter: 0 },
    })
    return verified ? authenticationInfo.newCounter : null
  })
}

/** Which passkey a response says it is of, and whose that passkey says it is; null where it does not say. */
export function claimsOf(credential: unknown): { credentialId: string | null; userId: string | null } {
  const { data } = assertion.safeParse(credential)
  const { userHandle } = data?.response ?? {}
  return {
    credentialId: data?.id ?? null,
    userId: userHandle === undefined ? null : Buffer.from(userHandle, 'base64url').toString(),
  }
}

function expectations({ id, origins }: RelyingParty, challenge: string) {
  return {
    expectedChallenge: Buffer.from(signedChallenge(challenge)).toString('base64url'),
    expectedOrigin: [...origins],
    expectedRPID: id,
    requireUserVerification: true,
  }
}

/** A frame of ours in a page of somebody else: the library takes it. */
function isOfOwnPage(clientDataJSON: string): boolean {
  return ownPage.safeParse(JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString())).success
}

const ownPage = z.object({ crossOrigin: z.literal(false).optional(), topOrigin: z.never().optional() })

/** The library says with an exception what it does not take, and so does JavaScript where something is missing. */
async function unlessMalformed<Result>(read: () => Promise<Result | null>): Promise<Result | null> {
  try {
    return await read()
  } catch {
    return null
  }
}

function transportsIn(given: unknown): string[] {
  const known = Array.isArray(given) ? given.filter((each) => knownTransports.has(each)) : []
  return [...new Set<string>(known)]
}

function descriptorOf({ credentialId, transports }: Allowed): { id: string; transports: string[] } {
  return { id: credentialId, transports: [...transports] }
}
