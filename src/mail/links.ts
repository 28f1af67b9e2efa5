/** The pages that links in mails lead to. Each takes its one-time token as `token=…`. */
export const pages = [
  'verify-email',
  'reset-password',
  'accept-invitation',
  'confirm-email-change',
  'disown-session',
] as const

export type Page = (typeof pages)[number]

/** Addresses with `{token}` in them. */
export type Links = Readonly<Record<Page, string>>

/** In the fragment, which a browser sends to nobody: the token is in no log and no `Referer`. */
export function linksBelow(base: string): Links {
  const below = (page: Page) => `${base}/${page}#token={token}`
  return {
    'verify-email': below('verify-email'),
    'reset-password': below('reset-password'),
    'accept-invitation': below('accept-invitation'),
    'confirm-email-change': below('confirm-email-change'),
    'disown-session': below('disown-session'),
  }
}

export function linkTo(page: Page, token: string, links: Links): string {
  return links[page].replaceAll('{token}', token)
}
