import { describe, expect, test } from '@jest/globals'
import { consistsMostlyOf, contextWords, serviceWords } from '../../src/passwords/context-words.js'

describe('the words around a person', () => {
  test.each([
    ['parts of the address', { email: 'ada.lovelace+shop1815@mail.example.com' }, 'ada lovelace shop mail example'],
    ['parts of the name', { email: 'x@y.z', displayName: 'Zoë  von Küche-Müller' }, 'zoë von küche müller'],
    ['each once, however it is written', { email: 'ada@ada.org', displayName: 'ADA' }, 'ada'],
    ['not what is shorter than three letters', { email: 'al.bo99@io.co.uk', displayName: 'Al B.' }, ''],
    ['not the end of the address', { email: 'anna@museum.museum', displayName: null }, 'anna museum'],
    ['of a name that is written composed or decomposed', { email: 'x@y.z', displayName: 'Zoe\u0308' }, 'zo\u00eb'],
    ['of an address that is none', { email: 'nonsense' }, 'nonsense'],
  ])('are %s', (_name, context, expected) => {
    expect(contextWords(context, []).join(' ')).toBe(expected)
  })

  test('are those of the service, too', () => {
    const ofService = serviceWords('portcullis', 'https://id.acme-shop.example:4000')
    expect(ofService).toEqual(['portcullis', 'acme', 'shop'])
    expect(contextWords({ email: 'ada@acme.example' }, ofService)).toEqual(['portcullis', 'acme', 'shop', 'ada'])
    expect(serviceWords('portcullis', 'http://localhost:4000')).toEqual(['portcullis', 'localhost'])
  })

  test('are not more than a name can reasonably have', () => {
    const displayName = Array.from({ length: 100 }, (_, index) => `abc${'x'.repeat(index)}`).join(' ')
    expect(contextWords({ email: 'ada@example.com', displayName }, [])).toHaveLength(40)
  })
})

const words = ['portcullis', 'ada', 'lovelace', 'example', 'müller']

describe('a password', () => {
  test.each([
    ['of one of them and a year', 'portcullis2024!!', true],
    ['of one of them, again and again', 'lovelace lovelace lovelace', true],
    ['of several of them', 'Ada Lovelace, example', true],
    ['of several of them and a year', 'Lovelace-Portcullis-1815', true],
    ['of one of them with digits for letters', 'P0rtcu11i5 99!x', true],
    ['of one of them backwards', 'silluctrop-1815', true],
    ['of one of them without its accent', 'mullerMULLER123', true],
    ['of one of them decomposed', 'mu\u0308llermu\u0308ller99', true],
    ['of one of them among others', 'lovelace correct horse battery', false],
    ['of half of them and half something else', 'lovelace7Qm#x2Kp', false],
    ['that has nothing to do with them', 'correct horse battery staple', false],
    ['of nothing', '', false],
  ])('%s: mostly of them is %s', (_name, password, expected) => {
    expect(consistsMostlyOf(password, words)).toBe(expected)
  })

  test('is never mostly of no words', () => {
    expect(consistsMostlyOf('portcullis2024!!', [])).toBe(false)
  })
})
