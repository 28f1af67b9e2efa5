/** For whom passkeys are made, and on which pages they may be used. */
export interface RelyingParty {
  /** A domain: that of the pages, or one above it (WebAuthn §4, "RP ID"). */
  readonly id: string
  /** What the browser shows beside it. */
  readonly name: string
  /** Exactly these, `https://app.example` or `android:apk-key-hash:…`: a page of a sibling is none of ours. */
  readonly origins: readonly string[]
}

/** Those whose pages may use passkeys of that domain; a browser refuses the others anyway. */
export function originsBelow(rpId: string, origins: readonly string[]): readonly string[] {
  return origins.filter((origin) => {
    const { hostname } = new URL(origin)
    return hostname === rpId || hostname.endsWith(`.${rpId}`)
  })
}
