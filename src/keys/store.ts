/** A key as it lies in the database: `sealed` opens only under PORTCULLIS_SECRET. */
export interface StoredKey {
  /** Also the JWT `kid`. An ordinal (`sig_3`), so that of two instances that make the next key one loses. */
  readonly id: string
  readonly use: 'signing' | 'data'
  readonly sealed: string
  readonly createdAt: Date
  /** Of a signing key: its public half as a JWK (RFC 7517), and when it starts to sign. */
  readonly publicJwk: Readonly<Record<string, unknown>> | null
  readonly signsFrom: Date | null
}

export interface KeyStore {
  list(use: StoredKey['use']): Promise<readonly StoredKey[]>
  /** False when there is a key of that id already. */
  insert(key: StoredKey): Promise<boolean>
  /** Only where it still is what it was. */
  reseal(id: string, expected: string, sealed: string): Promise<boolean>
  remove(id: string): Promise<void>
}
