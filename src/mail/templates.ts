import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Mustache from 'mustache'
import { DomainError } from '../kernel/errors.js'

/** Every mail there is; each has a template of this name. */
export const mailNames = [
  'verify-email',
  'account-exists',
  'password-reset',
  'password-disowned',
  'address-assigned',
  'invitation',
  'confirm-email-change',
  'email-change-requested',
  'email-changed',
  'account-deleted',
  'new-sign-in',
  'session-stolen',
  'session-lost',
  'session-guessed',
  'password-changed',
  'password-was-reset',
  'authenticator-added',
  'first-authenticator-added',
  'authenticator-removed',
  'passkey-added',
  'first-passkey-added',
  'passkey-removed',
  'passkey-copied',
  'recovery-codes-renewed',
  'recovery-code-used',
  'second-factor-attacked',
  'second-factor-demanded',
  'password-voided',
  'password-stopped',
  'authenticators-reset',
  'roles-changed',
  'suspended',
  'reinstated',
  'sessions-revoked',
] as const

export type MailName = (typeof mailNames)[number]

/** What a template can show. Nothing that a stranger has made up is ever in it: a mail of ours is no billboard. */
export interface MailView {
  readonly service: string
  /** With its one-time token. */
  readonly link?: string
  readonly minutes?: number
  readonly hours?: number
  readonly days?: number
  /** An address that was normalised: its domain in ASCII, so that no letter can pose as another one. */
  readonly newEmail?: string
  readonly at?: string
  readonly device?: string
  readonly network?: string
  /** The password of this person signs in; with neither of the two, nothing does. */
  readonly byPassword?: true
  /** It does not, and a new one is to be asked for. */
  readonly withoutPassword?: true
}

export interface Letter {
  readonly to: string
  readonly name: MailName
  readonly languages: readonly string[]
  readonly view: Omit<MailView, 'service'>
}

export interface Mail {
  readonly to: string
  readonly name: MailName
  readonly subject: string
  readonly text: string
  readonly html: string
}

class TemplateInvalid extends DomainError {
  constructor(fault: string, cause?: unknown) {
    super('invalid', 'CONFIG_INVALID', `The templates of mails: ${fault}.`, {}, { cause })
  }
}

const ownFolder = fileURLToPath(new URL('../../templates', import.meta.url))
const fallback = 'en'

/** Beside `src/` and `dist/` alike. @throws TemplateInvalid */
export function loadTemplates(service: string, overrides: string | null = null) {
  const folders = overrides === null ? [ownFolder] : [overrides, ownFolder]
  const languages = new Set(folders.flatMap((folder) => subfoldersOf(folder)))
  const find = (path: string): string | null => {
    const folder = folders.find((each) => existsSync(join(each, path)))
    return folder === undefined ? null : readFileSync(join(folder, path), 'utf8')
  }
  const layout = find('layout.html')
  const templates = new Map<string, Template>()
  for (const language of languages) {
    for (const name of mailNames) {
      const text = find(`${language}/${name}.txt`)
      // A language that lacks a mail falls back for that mail.
      if (text !== null) templates.set(`${language}/${name}`, parse(text, find(`${language}/${name}.html`), name))
    }
  }
  const missing = mailNames.filter((name) => !templates.has(`${fallback}/${name}`))
  if (layout === null || missing.length > 0) throw new TemplateInvalid(`there is no ${missing.join(', ') || 'layout'}`)

  return {
    render({ to, name, languages, view }: Letter): Mail {
      const { language, template } = choose(name, languages)
      const shown = { ...view, service }
      const subject = plain(template.subject, shown)
      const paragraphs = plain(template.text, shown)
        .trim()
        .split(/\n\s*\n/)
      const html =
        template.html === null
          ? Mustache.render(layout, {
              language,
              subject,
              paragraphs: paragraphs.map((text) => shownIn(text, view.link)),
            })
          : Mustache.render(template.html, { ...shown, language })
      return { to, name, subject, text: `${paragraphs.join('\n\n')}\n`, html }
    },
  }

  function choose(name: MailName, wanted: readonly string[]): { language: string; template: Template } {
    for (const tag of [...wanted, fallback]) {
      // RFC 4647 §3.4: `de-AT` is answered in `de` where there is nothing nearer.
      for (const language of [tag.toLowerCase(), tag.toLowerCase().split('-')[0] ?? '']) {
        const template = templates.get(`${language}/${name}`)
        if (template !== undefined) return { language, template }
      }
    }
    throw new TemplateInvalid(`there is no ${name}`)
  }
}

export type Templates = ReturnType<typeof loadTemplates>

interface Template {
  readonly subject: string
  readonly text: string
  /** Null: the paragraphs of the text in the layout. */
  readonly html: string | null
}

function parse(source: string, html: string | null, name: string): Template {
  const [first = '', ...rest] = source.split('\n')
  const subject = /^Subject: (.+)$/.exec(first)?.[1]
  if (subject === undefined) throw new TemplateInvalid(`${name} does not begin with "Subject: …"`)
  try {
    for (const each of [source, html ?? '']) Mustache.parse(each)
  } catch (cause) {
    throw new TemplateInvalid(`${name} is not Mustache`, cause)
  }
  return { subject, text: rest.join('\n'), html }
}

/** In plain text there is nothing to escape, and a subject is one line. */
function plain(template: string, view: MailView): string {
  return Mustache.render(template, view, {}, { escape: (value: unknown) => String(value) })
}

/** A paragraph that is nothing but the link becomes a button. */
function shownIn(text: string, link: string | undefined) {
  return text === link ? { link } : { text }
}

function subfoldersOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
}
