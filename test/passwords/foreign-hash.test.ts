import { describe, expect, test } from '@jest/globals'
import { hashSync } from '@node-rs/bcrypt'
import { argon2d, argon2i, argon2id, hash as argon2Hash } from 'argon2'
import { systemRandom } from '../../src/kernel/random.js'
import { parseForeignHash, storedFormOf } from '../../src/passwords/foreign-hash.js'
import { verifyForeign } from '../../src/passwords/foreign-verification.js'
import { createHasher } from '../../src/passwords/hasher.js'
import { defaultPasswordLimits } from '../../src/passwords/password-rules.js'

const bare = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')
const hex = (digits: string): string => bare(Buffer.from(digits, 'hex'))
const text = (salt: string): string => bare(Buffer.from(salt))

async function isRight(encoded: string, password: string): Promise<boolean> {
  const parsed = parseForeignHash(encoded)
  if ('fault' in parsed) throw new Error(parsed.fault)
  return verifyForeign(parsed.hash, password)
}

const faultOf = (encoded: string): string => {
  const parsed = parseForeignHash(encoded)
  return 'fault' in parsed ? parsed.fault : 'none'
}

const vectors: [string, string, string][] = [
  [
    'RFC 7914 §12, N=1024',
    `$scrypt$ln=10,r=8,p=16$${text('NaCl')}$${hex('fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640')}`,
    'password',
  ],
  [
    'RFC 7914 §12, N=16384',
    `$scrypt$ln=14,r=8,p=1$${text('SodiumChloride')}$${hex('7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887')}`,
    'pleaseletmein',
  ],
  [
    'RFC 7914 §11, PBKDF2-HMAC-SHA-256 once',
    `$pbkdf2-sha256$i=1$${text('salt')}$${hex('55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783')}`,
    'passwd',
  ],
  [
    'RFC 7914 §11, PBKDF2-HMAC-SHA-256 80,000 times',
    `$pbkdf2-sha256$i=80000$${text('NaCl')}$${hex('4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d')}`,
    'Password',
  ],
  ['RFC 6070, once', `$pbkdf2$i=1$${text('salt')}$${hex('0c60c80f961f0e71f3a9b524af6012062fe037a6')}`, 'password'],
  [
    'RFC 6070, twice',
    `$pbkdf2-sha1$i=2$${text('salt')}$${hex('ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957')}`,
    'password',
  ],
  [
    'RFC 6070, 4,096 times',
    `$pbkdf2-sha1$i=4096$${text('salt')}$${hex('4b007901b765489abead49d926f721d065a429c1')}`,
    'password',
  ],
  [
    'RFC 6070, two blocks',
    `$pbkdf2-sha1$i=4096$${text('saltSALTsaltSALTsaltSALTsaltSALTsalt')}$${hex('3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038')}`,
    'passwordPASSWORDpassword',
  ],
  [
    'RFC 6070, with a NUL in salt and password',
    `$pbkdf2-sha1$i=4096$${text('sa\0lt')}$${hex('56fa6aa75548099dcc37d7f03425e0c3')}`,
    'pass\0word',
  ],
  [
    'PBKDF2-HMAC-SHA-512, the known one',
    `$pbkdf2-sha512$i=1$${text('salt')}$${hex('867f70cf1ade02cff3752599a3a53dc4af34c7a669815ae5d513554e1c8cf252c02d470a285a0501bad999bfe943c08f050235d7d68b1da55e63f73b60a57fce')}`,
    'password',
  ],
  ['jBCrypt, one letter', '$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe', 'a'],
  ['jBCrypt, three letters', '$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i', 'abc'],
  [
    'jBCrypt, marks',
    '$2a$06$fPIsBO8qRqkjj273rfaOI.HtSV9jLDpTbZn782DC6/t7qT67P6FfO',
    '~!@#$%^&*()      ~!@#$%^&*()PNBFRD',
  ],
  ['crypt_blowfish', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW', 'U*U'],
  ['crypt_blowfish, another one', '$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a', 'U*U*U'],
]

test.each(vectors)('the vector of %s is right, and no other password', async (_name, encoded, password) => {
  expect(await isRight(encoded, password)).toBe(true)
  expect(await isRight(encoded, `${password}x`)).toBe(false)
})

test.each([
  ['argon2id', argon2id],
  ['argon2i', argon2i],
  ['argon2d', argon2d],
] as const)('%s of any version is right, and no other password', async (_name, type) => {
  for (const version of [0x13, 0x10]) {
    const encoded = await argon2Hash('old password', { type, version, memoryCost: 64, timeCost: 2, parallelism: 2 })
    expect([await isRight(encoded, 'old password'), await isRight(encoded, 'Old password')]).toEqual([true, false])
  }
})

test('argon2 without a version is the first one', async () => {
  const encoded = await argon2Hash('old password', { version: 0x10, memoryCost: 64, timeCost: 1, parallelism: 1 })
  expect(await isRight(encoded.replace('$v=16', ''), 'old password')).toBe(true)
})

const bcryptOf = (password: string): string => hashSync(password, { cost: 4 })

describe('bcrypt', () => {
  test.each(['2a', '2b', '2y'])('is the same under $%s$', async (version) => {
    expect(await isRight(bcryptOf('old password').replace('$2b$', `$${version}$`), 'old password')).toBe(true)
  })

  test('ignores what is after 72 bytes, and no byte before', async () => {
    const encoded = bcryptOf('a'.repeat(72))
    expect(await isRight(encoded, `${'a'.repeat(72)}b`)).toBe(true)
    expect(await isRight(encoded, `${'a'.repeat(71)}b`)).toBe(false)
    // The 72nd byte is the first half of a letter.
    const letters = bcryptOf(`${'a'.repeat(71)}é`)
    expect(await isRight(letters, `${'a'.repeat(71)}éé`)).toBe(true)
  })

  test('ends at a NUL where the system that made it did, and does not where that did not', async () => {
    expect(await isRight(bcryptOf('before'), 'before\0after')).toBe(true)
    expect(await isRight(bcryptOf('before\0after'), 'before\0after')).toBe(true)
    expect(await isRight(bcryptOf('before\0after'), 'before\0other')).toBe(false)
    expect(await isRight(bcryptOf('before\0after'), 'before')).toBe(false)
  })
})

test('the same text in another form is the same password', async () => {
  const composed = 'caf\u00e9 \ufb01n'
  const decomposed = composed.normalize('NFD')
  for (const made of [composed, decomposed, composed.normalize('NFKC')]) {
    // Whoever types it as it was typed there gets in, and better-auth's form (NFKC) is reached from every form.
    expect(await isRight(bcryptOf(made), made)).toBe(true)
  }
  expect(await isRight(bcryptOf(composed), decomposed)).toBe(true)
  expect(await isRight(bcryptOf(composed.normalize('NFKC')), decomposed)).toBe(true)
})

const salt = text('saltsaltsalt')
const key = bare(Buffer.alloc(32, 7))
const cost = 'would take too long'
const parameters = 'parameters'
const parts = 'salt or the key'
const unknown = 'no form'

test.each([
  ['nothing', '', unknown],
  ['plain text', 'hunter2', unknown],
  ['MD5 of PHP', '$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/', unknown],
  ['a name of Object', '$constructor$x', unknown],
  ['more than any hash', `$2b$10$${'a'.repeat(1_000)}`, unknown],
  ['bcrypt of the broken kind', bcryptOf('x').replace('$2b$', '$2x$'), unknown],
  ['bcrypt that is too short', bcryptOf('x').slice(0, -1), parameters],
  ['bcrypt with a line behind it', `${bcryptOf('x')}\n`, parameters],
  ['bcrypt of cost 3', bcryptOf('x').replace('$04$', '$03$'), parameters],
  ['bcrypt of cost +4', bcryptOf('x').replace('$04$', '$+4$'), parameters],
  ['bcrypt of cost 16', bcryptOf('x').replace('$04$', '$16$'), cost],
  ['bcrypt of cost 31', bcryptOf('x').replace('$04$', '$31$'), cost],
  ['argon2id without passes', `$argon2id$v=19$m=64,p=1$${salt}$${key}`, parameters],
  ['argon2id with passes twice', `$argon2id$v=19$m=64,t=1,t=2,p=1$${salt}$${key}`, parameters],
  ['argon2id with a key id', `$argon2id$v=19$m=64,t=1,p=1,keyid=x$${salt}$${key}`, parameters],
  ['argon2id of a version to come', `$argon2id$v=20$m=64,t=1,p=1$${salt}$${key}`, parameters],
  ['argon2id of hardly any memory', `$argon2id$v=19$m=8,t=1,p=2$${salt}$${key}`, parameters],
  ['argon2id of a short salt', `$argon2id$v=19$m=64,t=1,p=1$${text('salt')}$${key}`, parts],
  ['argon2id of a gigabyte', `$argon2id$v=19$m=1048576,t=1,p=1$${salt}$${key}`, cost],
  ['argon2id of 1,000 passes', `$argon2id$v=19$m=65536,t=1000,p=1$${salt}$${key}`, cost],
  ['argon2id of 100 lanes', `$argon2id$v=19$m=8192,t=1,p=100$${salt}$${key}`, cost],
  ['scrypt of 256 MiB and more', `$scrypt$ln=20,r=8,p=1$${salt}$${key}`, cost],
  ['scrypt of little memory, many times', `$scrypt$ln=14,r=8,p=1024$${salt}$${key}`, cost],
  ['scrypt of 2^400', `$scrypt$ln=400,r=800,p=1$${salt}$${key}`, parameters],
  ['scrypt of N=0', `$scrypt$ln=0,r=8,p=1$${salt}$${key}`, parameters],
  ['scrypt of one part too many', `$scrypt$ln=14,r=8,p=1$${salt}$${key}$${key}`, parameters],
  ['scrypt with padding', `$scrypt$ln=14,r=8,p=1$${salt}$${key}=`, parts],
  ['scrypt in the alphabet of URLs', `$scrypt$ln=14,r=8,p=1$${salt}$__________________________8`, parts],
  ['scrypt of a short key', `$scrypt$ln=14,r=8,p=1$${salt}$${bare(Buffer.alloc(15))}`, parts],
  ['PBKDF2 without iterations', `$pbkdf2-sha256$${salt}$${key}`, parameters],
  ['PBKDF2 as passlib writes it', `$pbkdf2-sha256$6400$${salt}$${key}`, parameters],
  ['PBKDF2 of hexadecimal iterations', `$pbkdf2-sha256$i=0x10$${salt}$${key}`, parameters],
  ['PBKDF2 of many iterations', `$pbkdf2-sha256$i=5000001$${salt}$${key}`, cost],
  ['PBKDF2 of many blocks', `$pbkdf2-sha1$i=1000000$${salt}$${bare(Buffer.alloc(128, 1))}`, cost],
  ['PBKDF2 of MD5', `$pbkdf2-md5$i=1000$${salt}$${key}`, unknown],
])('%s is refused', (_name, encoded, sentence) => {
  expect(faultOf(encoded)).toContain(sentence)
  if (encoded.length > 10) expect(faultOf(encoded)).not.toContain(encoded)
})

describe('the hasher', () => {
  const hasherWith = (memoryKiB = 64) =>
    createHasher({
      parameters: { memoryKiB, passes: 1, parallelism: 1 },
      limits: defaultPasswordLimits,
      room: { concurrency: 1, queueLimit: 1 },
      random: systemRandom,
    })

  test('takes an imported hash for what it is, and wants it replaced', async () => {
    const hasher = await hasherWith()
    const stored = storedFormOf(bcryptOf('old password'))
    expect([await hasher.verify(stored, 'old password'), await hasher.verify(stored, 'other password')]).toEqual([
      true,
      false,
    ])
    expect(hasher.needsRehash(stored)).toBe(true)
    // As strong as ours, but perhaps of another form of the text.
    expect(hasher.needsRehash(storedFormOf(await hasher.hash('old password')))).toBe(true)
  })

  test('computes foreign hashes at the same turnstile', async () => {
    const hasher = await hasherWith()
    const stored = storedFormOf(bcryptOf('old password'))
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => hasher.verify(stored, 'old password')))
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(3)
    expect(hasher.stats.hashed).toBe(2)
  })

  test('finds no password right by a foreign hash that it cannot read, and works for it', async () => {
    const hasher = await hasherWith()
    expect(await hasher.verify(storedFormOf('$2b$31$nonsense'), 'old password')).toBe(false)
    expect(hasher.stats.hashed).toBe(1)
  })
})
