import Negotiator from 'negotiator'

/** Nobody speaks more, and a header may have thousands. */
const most = 5
const longestHeader = 512

/** BCP 47 (RFC 5646 §2.1), as far as it matters here: letters and digits in parts of at most eight. */
const wellFormed = /^[a-z]{2,8}(?:-[a-z0-9]{1,8}){0,4}$/i

/** The languages of an `Accept-Language`, the preferred one first. */
export function requestLanguages(acceptLanguage: string | undefined): readonly string[] {
  if (acceptLanguage === undefined || acceptLanguage.length > longestHeader) return []
  const preferred = new Negotiator({ headers: { 'accept-language': acceptLanguage } }).languages()
  return preferred.filter((tag) => wellFormed.test(tag)).slice(0, most)
}
