import { assert, pre, property, string } from 'fast-check'
import { describe, expect, test } from '@jest/globals'
import { emailIdentifier, normaliseEmail } from '../../src/users/email-address.js'
import { draw } from '../support/draw.js'

const [local64, local65] = ['l'.repeat(64), 'l'.repeat(65)]
const domain251 = `${`${'d'.repeat(49)}.`.repeat(5)}e`

describe('one spelling for one address', () => {
  test.each([
    ['as it is', 'ann@example.com', 'ann@example.com'],
    ['lower-cased', 'Ann.LEE@Example.COM', 'ann.lee@example.com'],
    ['trimmed', '  ann@example.com\n', 'ann@example.com'],
    ['dots and tags kept', 'a.n.n+news@gmail.com', 'a.n.n+news@gmail.com'],
    ['international domain', 'ann@Bücher.example', 'ann@xn--bcher-kva.example'],
    ['the same domain, already ASCII', 'ann@XN--BCHER-KVA.example', 'ann@xn--bcher-kva.example'],
    ['composed letters', 'zo\u00eb@example.com', 'zo\u00eb@example.com'],
    ['decomposed letters', 'zoe\u0308@example.com', 'zo\u00eb@example.com'],
    ['decomposed capitals', 'ZOE\u0308@example.com', 'zo\u00eb@example.com'],
    ['a letter that is composed in lower case only', 'J\u030can@example.com', '\u01f0an@example.com'],
    ['full-width domain letters', 'ann@\uff45xample.com', 'ann@example.com'],
    ['a name of the local network', 'admin@localhost', 'admin@localhost'],
    ['64 characters before the @', `${local64}@example.com`, `${local64}@example.com`],
    ['254 characters', `ab@${domain251}`, `ab@${domain251}`],
  ])('%s', (_name, raw, expected) => {
    expect(normaliseEmail(raw)).toBe(expected)
  })

  test('normalising twice changes nothing', () => {
    const part = string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
    assert(
      property(part, part, (local, domain) => {
        const once = normaliseEmail(`${local}@${domain}.example`)
        pre(once !== null)
        expect(normaliseEmail(once)).toBe(once)
      }),
      { ...draw, numRuns: 2_000 },
    )
  })
})

describe('no address', () => {
  test.each([
    ['nothing', ''],
    ['no @', 'ann.example.com'],
    ['two @', 'ann@home@example.com'],
    ['a full-width @', 'ann\uff20example.com'],
    ['nobody', '@example.com'],
    ['nowhere', 'ann@'],
    ['65 characters before the @', `${local65}@example.com`],
    ['65 bytes before the @', `${'é'.repeat(33)}@example.com`],
    ['255 characters', `abc@${domain251}`],
    ['1025 characters, though spaces would be trimmed', `ann@example.com${' '.repeat(1010)}`],
    ['a space', 'ann lee@example.com'],
    ['a space in the domain', 'ann@exam ple.com'],
    ['a control character', 'ann\u0000@example.com'],
    ['a header break', 'ann@example.com\r\nBcc: eve@evil.example'],
    ['a second recipient', 'eve@evil.example,ann@example.com'],
    ['a second recipient before the @', 'eve,ann@example.com'],
    ['angle brackets', '<ann@example.com>'],
    ['a quoted local part', '"ann"@example.com'],
    ['a zero-width space', 'an\u200bn@example.com'],
    ['a reordering mark', 'ann\u202e@example.com'],
    ['a lone surrogate', 'ann\ud800@example.com'],
    ['a path that IDNA would cut off', 'ann@example.com/x'],
    ['a query that IDNA would cut off', 'ann@example.com?x'],
    ['a fragment that IDNA would cut off', 'ann@example.com#x'],
    ['a tab that IDNA would drop', 'ann@exam\tple.com'],
    ['an escape that IDNA would decode', 'ann@ex%61mple.com'],
    ['a soft hyphen that IDNA would drop', 'ann@exam\u00adple.com'],
    ['a port', 'ann@example.com:25'],
    ['an address literal', 'ann@[127.0.0.1]'],
    ['an IPv4 address', 'ann@127.0.0.1'],
    ['an abbreviated IPv4 address', 'ann@127.1'],
    ['an empty label', 'ann@example..com'],
    ['a trailing dot', 'ann@example.com.'],
    ['a label that starts with a hyphen', 'ann@-example.com'],
    ['a label of 64 characters', `ann@${'a'.repeat(64)}.com`],
    ['broken punycode', 'ann@xn--a.com'],
  ])('%s', (_name, raw) => {
    expect(normaliseEmail(raw)).toBeNull()
  })

  test('a megabyte of letters is refused without being looked at', () => {
    const started = performance.now()
    for (let i = 0; i < 1_000; i++) normaliseEmail('é'.repeat(1_000_000))
    expect(performance.now() - started).toBeLessThan(1_000)
  })
})

describe('the identifier', () => {
  const key = Buffer.alloc(32, 1)

  test('depends on the address and on the key, and shows neither', () => {
    const identifier = emailIdentifier(key, 'ann@example.com')
    expect(identifier).toMatch(/^[\w-]{43}$/)
    expect(emailIdentifier(key, 'ann@example.com')).toBe(identifier)
    expect(emailIdentifier(key, 'anna@example.com')).not.toBe(identifier)
    expect(emailIdentifier(Buffer.alloc(32, 2), 'ann@example.com')).not.toBe(identifier)
  })
})
