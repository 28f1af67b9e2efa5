import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { requestLanguages } from '../../src/http/languages.js'
import { loadTemplates, mailNames, type MailName } from '../../src/mail/templates.js'

const view = {
  link: 'https://id.example.com/page#token=abc',
  minutes: 30,
  hours: 24,
  days: 7,
  newEmail: 'new@example.com',
  at: '2030-01-01 08:30 UTC',
  device: 'Firefox on Linux',
  network: '192.0.2.0/24',
}
const to = 'ada@example.com'
const withLink = new Set<MailName>([
  'verify-email',
  'password-reset',
  'password-disowned',
  'address-assigned',
  'invitation',
  'confirm-email-change',
  'new-sign-in',
  'authenticator-added',
  'first-authenticator-added',
  'first-passkey-added',
  'passkey-added',
  'passkey-copied',
  'second-factor-attacked',
  'password-voided',
  'password-stopped',
])

function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

describe.each(['en', 'de'])('In %s', (language) => {
  test.each(mailNames)('%s can be read, with its link where it has one, and shows nothing unfilled', (name) => {
    const { subject, text, html } = loadTemplates('Acme & Co').render({ to, name, languages: [language], view })
    expect(subject).toMatch(/^[^\n{}]+$/)
    expect(text).not.toMatch(/[{}]/)
    expect(text).toContain('Acme & Co')
    expect(text.split('\n').includes(view.link)).toBe(withLink.has(name))
    expect(html.includes('<a\n')).toBe(withLink.has(name))
    expect(html).toContain(`<html lang="${language}">`)
    expect(html).toContain('Acme &amp; Co')
    expect(html).not.toMatch(/<img|<script|https?:\/\/(?!id\.)/)
  })
})

test('what is put into a mail is text in its HTML, whatever it is', () => {
  const { html } = loadTemplates('<script>').render({ to, name: 'verify-email', languages: [], view })
  expect(html).not.toContain('<script>')
})

test.each([
  [['de-AT', 'en'], 'de'],
  [['DE'], 'de'],
  [['fr', 'de'], 'de'],
  [['fr'], 'en'],
  [['../../etc', 'de'], 'de'],
  [[], 'en'],
])('whoever reads %j is written to in %s', (languages, expected) => {
  const { html } = loadTemplates('Acme').render({ to, name: 'suspended', languages, view })
  expect(html).toContain(`<html lang="${expected}">`)
})

test('templates of a folder of their own come first, by mail and by language', () => {
  const folder = folderWith({
    'en/suspended.txt': 'Subject: Closed at {{service}}\n\nOurs.',
    'fr/suspended.txt': 'Subject: Fermé\n\nLe nôtre.',
    'en/reinstated.txt': 'Subject: Open\n\nOurs.',
    'en/reinstated.html': '<p>{{service}}</p>',
  })
  const templates = loadTemplates('A & B', folder)
  const rendered = (name: MailName, language: string) => templates.render({ to, name, languages: [language], view })
  expect(rendered('suspended', 'en')).toMatchObject({ subject: 'Closed at A & B', text: 'Ours.\n' })
  expect(rendered('suspended', 'fr').subject).toBe('Fermé')
  expect(rendered('suspended', 'de').subject).toBe('Ihr Konto wurde gesperrt')
  expect(rendered('reinstated', 'en').html).toBe('<p>A &amp; B</p>')
})

test.each([
  ['one without a subject', { 'en/suspended.txt': 'Closed' }],
  ['one that is no Mustache', { 'en/suspended.txt': 'Subject: {{#x}}\n\nx' }],
])('a template is refused at the start: %s', (_name, files) => {
  expect(() => loadTemplates('Acme', folderWith(files))).toThrow(/^The templates of mails: suspended/)
})

test.each([
  [undefined, []],
  ['', []],
  ['*', []],
  ['de-AT, en;q=0.5', ['de-AT', 'en']],
  ['en;q=0.5, de', ['de', 'en']],
  ['en, ../../x, <b>', ['en']],
  ['a1, en', ['en']],
  ['en;q=0', []],
  [Array.from({ length: 40 }, (_, index) => `en-a${index}`).join(), ['en-a0', 'en-a1', 'en-a2', 'en-a3', 'en-a4']],
  ['en,'.repeat(500), []],
])('of Accept-Language %j %j is taken', (header, expected) => {
  expect(requestLanguages(header)).toEqual(expected)
})
