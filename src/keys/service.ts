/**
 * Owns the keys: data keys (for identifiers and seals) and the ring of signing keys, all sealed under
 * PORTCULLIS_SECRET, and their rotation. Does not own what is signed or sealed with them.
 */
import { exportJWK, exportPKCS8, generateKeyPair, importJWK, importPKCS8, type CryptoKey, type JWK } from 'jose'
import type { Clock } from '../kernel/clock.js'
import { deriveKey } from '../kernel/digest.js'
import { DomainError, Unavailable } from '../kernel/errors.js'
import type { Random } from '../kernel/random.js'
import { keyRing, type KeyLifetimes } from './signing-keys.js'
import type { KeyStore, StoredKey } from './store.js'
import type { Vault } from './vault.js'

export type SigningAlgorithm = 'ES256' | 'EdDSA'

/** PORTCULLIS_SECRET does not belong to this database: going on would sign everybody out, or worse. */
export class SecretRejected extends DomainError {
  constructor() {
    super(
      'invalid',
      'SECRET_REJECTED',
      'PORTCULLIS_SECRET does not open the keys of this database. Use the one they were sealed with.',
    )
  }
}

export interface SigningKey {
  readonly id: string
  readonly algorithm: string
  readonly signsFrom: Date
  readonly publicJwk: JWK
  /** Null when none of our secrets opens it (another instance has a newer one): it verifies, and does not sign here. */
  readonly privateKey: CryptoKey | null
  readonly publicKey: CryptoKey
}

export interface DataKey {
  readonly id: string
  /** A key for one purpose, derived from this one. */
  derive(purpose: string): Buffer
}

export interface KeysService {
  /** Makes the first data key unless there is one. Part of the migrations. */
  ensureDataKey(): Promise<void>
  /** Reads, makes and forgets keys as the lifetimes ask. Called at start and regularly. @throws SecretRejected */
  refresh(): Promise<void>
  /** Seals every key anew under the first secret, so that the others can be dropped. Returns how many. @throws SecretRejected */
  reseal(): Promise<number>
  /** The key that signs now. @throws Unavailable before the first `refresh` */
  signingKey(): SigningKey & { readonly privateKey: CryptoKey }
  canSign(): boolean
  /** A published key, or null; a `kid` comes from a stranger. */
  verificationKey(id: string): SigningKey | null
  publicJwks(): { keys: JWK[] }
  /** Seals new things. */
  dataKey(): DataKey
  /** What was derived from it can never be derived anew: identifiers stay under the first one for ever. */
  firstDataKey(): DataKey
  dataKeyById(id: string): DataKey | null
}

const firstDataKeyId = 'data_1'

export function createKeys(deps: {
  store: KeyStore
  vault: Vault
  clock: Clock
  random: Random
  algorithm: SigningAlgorithm
  lifetimes: KeyLifetimes
  /** With a wrong clock a key would be made too early, or one removed that everybody signs with. */
  isClockTrusted: () => boolean
}): KeysService {
  const { store, vault, clock, random, algorithm, lifetimes, isClockTrusted } = deps
  let signing = new Map<string, SigningKey>()
  let data = new Map<string, DataKey>()

  async function readSigningKeys(): Promise<void> {
    const opened = new Map<string, SigningKey>()
    for (const key of await store.list('signing')) {
      const known = signing.get(key.id)
      // By content and not by id alone: whoever deletes all keys makes another `sig_1`.
      const isSame = known !== undefined && canSign(known) && known.publicJwk.x === key.publicJwk?.x
      opened.set(key.id, isSame ? known : await openSigningKey(key, vault))
    }
    signing = opened
  }

  async function readDataKeys(): Promise<void> {
    const stored = await store.list('data')
    data = new Map(stored.map((key) => [key.id, openDataKey(key, vault)]))
  }

  const ring = () => keyRing([...signing.values()], clock.now(), lifetimes)

  return {
    async ensureDataKey() {
      const sealed = vault.seal(random(32), contextOf(firstDataKeyId))
      // An existing one wins: a second data key would orphan every identifier.
      await store.insert({
        id: firstDataKeyId,
        use: 'data',
        sealed,
        createdAt: clock.now(),
        publicJwk: null,
        signsFrom: null,
      })
    },
    async refresh() {
      await readDataKeys()
      await readSigningKeys()
      if (!isClockTrusted()) return
      const { nextSignsFrom, forgotten } = ring()
      for (const key of forgotten) await store.remove(key.id)
      if (nextSignsFrom !== null) {
        const ordinal = Math.max(0, ...[...signing.keys()].map((id) => Number(id.slice(4)))) + 1
        // Lost races are fine: the winner's key is read below.
        await store.insert(await makeSigningKey(`sig_${ordinal}`, nextSignsFrom))
      }
      if (nextSignsFrom !== null || forgotten.length > 0) await readSigningKeys()
    },
    async reseal() {
      let resealed = 0
      for (const key of [...(await store.list('data')), ...(await store.list('signing'))]) {
        const plaintext = vault.open(key.sealed, contextOf(key.id))
        if (plaintext === null) throw new SecretRejected()
        if (await store.reseal(key.id, key.sealed, vault.seal(plaintext, contextOf(key.id)))) resealed += 1
      }
      return resealed
    },
    signingKey() {
      const { current } = ring()
      if (current === null || current.privateKey === null) {
        throw new Unavailable(new Error('There is no signing key that a secret of ours opens'))
      }
      return { ...current, privateKey: current.privateKey }
    },
    canSign: () => canSign(ring().current),
    verificationKey: (id) => signing.get(id) ?? null,
    publicJwks: () => ({ keys: ring().published.map(({ publicJwk }) => publicJwk) }),
    dataKey() {
      const newest = [...data.values()].at(-1)
      if (newest === undefined) throw new Unavailable(new Error('No data key has been read yet'))
      return newest
    },
    firstDataKey() {
      const first = data.get(firstDataKeyId)
      if (first === undefined) throw new Unavailable(new Error('No data key has been read yet'))
      return first
    },
    dataKeyById: (id) => data.get(id) ?? null,
  }

  async function makeSigningKey(id: string, signsFrom: Date): Promise<StoredKey> {
    const pair = await generateKeyPair(algorithm, { extractable: true })
    const sealed = vault.seal(Buffer.from(await exportPKCS8(pair.privateKey)), contextOf(id))
    const publicJwk = { ...(await exportJWK(pair.publicKey)), kid: id, alg: algorithm, use: 'sig' }
    return { id, use: 'signing', sealed, createdAt: clock.now(), publicJwk, signsFrom }
  }
}

function canSign(key: SigningKey | null): boolean {
  return key !== null && key.privateKey !== null
}

function contextOf(keyId: string): string {
  return `keys ${keyId}`
}

async function openSigningKey(key: StoredKey, vault: Vault): Promise<SigningKey> {
  if (key.publicJwk === null || key.signsFrom === null) throw new SecretRejected()
  const pkcs8 = vault.open(key.sealed, contextOf(key.id))
  const publicJwk: JWK = key.publicJwk
  const algorithm = publicJwk.alg ?? ''
  const publicKey = await importJWK(publicJwk, algorithm)
  if (publicKey instanceof Uint8Array) throw new SecretRejected() // a symmetric key, which we never made
  return {
    id: key.id,
    algorithm,
    signsFrom: key.signsFrom,
    publicJwk,
    privateKey: pkcs8 === null ? null : await importPKCS8(pkcs8.toString(), algorithm),
    publicKey,
  }
}

function openDataKey(key: StoredKey, vault: Vault): DataKey {
  const material = vault.open(key.sealed, contextOf(key.id))
  if (material === null) throw new SecretRejected()
  return { id: key.id, derive: (purpose) => deriveKey(material, purpose) }
}
