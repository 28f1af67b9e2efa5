import { spawnSync } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Secret } from 'otpauth'
import { totpLabel, totpStep } from '../../src/mfa/totp.js'
import { signUp } from '../support/people.js'
import { startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'
import { factorFlows } from './factors.js'

/** Of OATH Toolkit 2.6.7: `oathtool --totp -b -N @<seconds> <secret>`. */
const made: [secret: string, codes: Readonly<Record<number, string>>][] = [
  [
    // The key of RFC 6238.
    'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
    {
      0: '755224',
      29: '755224',
      30: '287082',
      1111111109: '081804',
      1735689600: '381520',
      2147483648: '703886',
      4102444800: '612575',
    },
  ],
  [
    '7DR5NEE5KRW6UHLMG5SIWO4R4U64IUEZ',
    { 59: '540746', 1234567890: '913433', 1735689600: '706317', 2147483647: '623172', 4102444800: '152866' },
  ],
  // One code begins with a nought.
  ['X2CASYHD62EGZYVF2RYARFHYHTAKVTXN', { 0: '983233', 1234567890: '088568', 2000000000: '924934' }],
]

const bytesOf = (secret: string): Buffer => Buffer.from(Secret.fromBase32(secret).buffer)

describe.each(made)('Of the secret %s', (secret, codes) => {
  test.each(Object.entries(codes))('the code at %s s is the one that oathtool has made', (seconds, code) => {
    expect(totpStep(bytesOf(secret), code, new Date(Number(seconds) * 1000))).toBe(Math.floor(Number(seconds) / 30))
  })
})

const isInstalled = spawnSync('oathtool', ['--version']).status === 0
if (!isInstalled) process.stderr.write('oathtool is not installed here: only codes it has made before are compared\n')

/** What another implementation shows at that time. */
function oathtool(secret: string, seconds = Date.now() / 1000): string {
  const { status, stdout, stderr } = spawnSync(
    'oathtool',
    ['--totp', '--base32', `--now=@${Math.floor(seconds)}`, secret],
    { encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(stderr)
  return stdout.trim()
}

const whereInstalled = isInstalled ? describe : describe.skip
whereInstalled('oathtool, asked now', () => {
  let server: TestPortcullis
  beforeAll(async () => {
    server = await startTestPortcullis()
  })
  afterAll(() => server.close())

  test('makes the codes that are right of any secret at any time', () => {
    for (let round = 0; round < 50; round += 1) {
      const [secret, seconds] = [randomBytes(20), randomInt(2 ** 33)]
      const code = oathtool(totpLabel(secret, 'Acme', 'ada@example.com').secret, seconds)
      expect(totpStep(secret, code, new Date(seconds * 1000))).toBe(Math.floor(seconds / 30))
    }
  })

  test('is an app that one can enrol and sign in with', async () => {
    const flows = factorFlows(server)
    const ada = await signUp(server.ask)
    const { secret } = (await flows.begin(ada.accessToken)).data.beginTotpEnrolment
    expect((await flows.confirm(ada.accessToken, oathtool(secret))).errors).toEqual([])
    await flows.forgetSteps(ada)
    const answer = await flows.complete({ challenge: await flows.challenge(ada), totp: oathtool(secret) })
    expect(answer.data.completeSecondFactor.session.assurance).toBe('AAL2')
  })
})
