import { Secret, TOTP } from 'otpauth'

/** RFC 4226 §4 R6 recommends 160 bits. */
export const totpSecretBytes = 20

const periodSeconds = 30
/** RFC 6238 §5.2: at most one step of transmission delay, and the same for a clock that is behind. */
const window = 1

/** RFC 6238 with SHA-1, six digits and 30 seconds: what every authenticator app can do. */
function totpOf(secret: Buffer, whose: { issuer?: string; label?: string } = {}): TOTP {
  const bytes = new Secret({ buffer: new Uint8Array(secret).buffer })
  return new TOTP({ ...whose, secret: bytes, algorithm: 'SHA1', digits: 6, period: periodSeconds })
}

/** What is typed where no code can be scanned: base32, and the `otpauth:` URI of both ways. */
export function totpLabel(secret: Buffer, issuer: string, label: string): { secret: string; uri: string } {
  const totp = totpOf(secret, { issuer, label })
  return { secret: totp.secret.base32, uri: totp.toString() }
}

/**
 * The time step that a code is of, or null when it is of none that counts now. Which steps were used already, the
 * caller of this decides: RFC 6238 §5.2 wants each once.
 * @param code as it was typed; blanks do not count
 */
export function totpStep(secret: Buffer, code: string, now: Date): number | null {
  const digits = code.replaceAll(' ', '')
  if (!/^\d{6}$/.test(digits)) return null
  const delta = totpOf(secret).validate({ token: digits, timestamp: now.getTime(), window })
  return delta === null ? null : Math.floor(now.getTime() / 1000 / periodSeconds) + delta
}
