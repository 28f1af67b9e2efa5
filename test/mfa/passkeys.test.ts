import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { everythingIn, provenLongAgo } from '../accounts/people.js'
import { startMailbox, tokenIn, type Mailbox } from '../support/mailbox.js'
import { eventually } from '../support/eventually.js'
import { goodPassword, refresh, signIn, signUp, type SignedInPerson } from '../support/people.js'
import { reasonOf, startTestPortcullis, testOrigin, type Answer, type TestPortcullis } from '../support/portcullis.js'
import { createAuthenticator, type Misuse, type SentCredential } from './authenticator.js'
import { claimOf, codeOf, factorFlows } from './factors.js'
import { passkeyFlows } from './passkey-flows.js'

/** By the certificate that it is signed with. */
const androidApp = `android:apk-key-hash:${'q6ur'.repeat(10)}q80`

let mailbox: Mailbox
let server: TestPortcullis
let flows: ReturnType<typeof passkeyFlows>
let factors: ReturnType<typeof factorFlows>
beforeAll(async () => {
  mailbox = await startMailbox()
  server = await startTestPortcullis({
    MAIL_URL: mailbox.url,
    PUBLIC_URL: 'http://id.app.test',
    PASSKEY_RP_ID: 'app.test',
    ALLOWED_ORIGINS: `${testOrigin},http://elsewhere.test`,
    PASSKEY_ANDROID_APPS: `${'AB:'.repeat(31)}CD`,
  })
  flows = passkeyFlows(server)
  factors = factorFlows(server)
})
afterAll(async () => {
  await server.close()
  await mailbox.stop()
})

async function disown(token: string): Promise<void> {
  const query = 'mutation ($t: String!) { disownSession(input: { token: $t }) }'
  expect((await server.ask(query, { variables: { t: token } })).data).toEqual({ disownSession: true })
}

async function madeLongAgo(userId: string): Promise<void> {
  const authenticators = server.app.database.connection.collection('authenticators')
  await authenticators.updateMany({ userId }, { $set: { createdAt: new Date(Date.now() - 3_600_000) } })
}

const codeOfError = ({ errors }: Answer) => errors[0]?.extensions.code
const present = 1
const verified = 4

describe('A passkey', () => {
  test.each([
    ['what makes it, where that is known', 'ea9b8d664d011d213ce4b6b48cb575d4', 'Google Password Manager'],
    ['a passkey, where that is a name too long to show', '5ca1ab1e1337fa57f1d0a117e71ca702', 'Passkey'],
    ['a passkey, where nobody knows what makes it', 'f'.repeat(32), 'Passkey'],
    ['a passkey, where it does not say', '0'.repeat(32), 'Passkey'],
  ])('without a name is called %s', async (_name, aaguid, name) => {
    const ada = await signUp(server.ask)
    const { challenge, options } = (await flows.begin(ada.accessToken)).data.beginPasskeyEnrolment
    const credential = createAuthenticator({ origin: testOrigin }).create(options, { aaguid })
    const made = await flows.complete(ada.accessToken, { challenge, credential })
    expect(made.data.completePasskeyEnrolment.name).toBe(name)
  })

  test('is made, signs in alone with the assurance of two factors, and is told by mail', async () => {
    const ada = await signUp(server.ask)
    const other = await signIn(server.ask, ada)
    const key = createAuthenticator({ origin: testOrigin })
    const made = await flows.enrol(ada.accessToken, key, { name: ' Laptop ' })
    expect(made.data.completePasskeyEnrolment).toMatchObject({ kind: 'PASSKEY', name: 'Laptop', lastUsedAt: null })
    expect(made.data.completePasskeyEnrolment.recoveryCodes).toHaveLength(10)
    await mailbox.mailTo(ada.email, { subject: /A passkey was added/ })
    expect(reasonOf(await refresh(server.ask, other.refreshToken))).toBe('REFRESH_REJECTED')
    const { data } = await flows.signIn(key)
    expect(data.completePasskeySignIn.user.id).toBe(ada.userId)
    expect(data.completePasskeySignIn.session.assurance).toBe('AAL2')
    expect(claimOf(data.completePasskeySignIn.tokens.accessToken, 'acr')).toBe('aal2')
    expect(await factors.authenticators(ada.accessToken)).toMatchObject([
      { kind: 'PASSWORD' },
      { kind: 'PASSKEY', name: 'Laptop', remaining: null, lastUsedAt: expect.any(String) },
      { kind: 'RECOVERY_CODE', remaining: 10 },
    ])
  })

  test('is asked for with options that say what the browser needs, and nothing about anybody', async () => {
    const ada = await signUp(server.ask)
    const key = createAuthenticator({ origin: testOrigin })
    const { options } = (await flows.begin(ada.accessToken)).data.beginPasskeyEnrolment
    expect(options).toMatchObject({
      rp: { id: 'app.test', name: 'Portcullis' },
      user: { id: Buffer.from(ada.userId).toString('base64url'), name: ada.email },
      attestation: 'none',
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      excludeCredentials: [],
    })
    await flows.enrol(ada.accessToken, key)
    const again = (await flows.begin(await flows.raised(ada, key))).data.beginPasskeyEnrolment
    expect(again.options.excludeCredentials).toMatchObject([{ id: key.id }])
    const [one, two] = [await flows.beginSignIn(), await flows.beginSignIn()]
    const known = ({ data }: Answer) => ({ ...data.beginPasskeySignIn.options, challenge: null })
    expect(known(one)).toEqual({
      challenge: null,
      rpId: 'app.test',
      timeout: 300_000,
      userVerification: 'required',
    })
    expect(known(two)).toEqual(known(one))
    expect(one.data.beginPasskeySignIn.options.challenge).not.toBe(two.data.beginPasskeySignIn.options.challenge)
    expect((await server.ask('{ signInOptions { passkeys { id origins } } }')).data.signInOptions.passkeys).toEqual({
      id: 'app.test',
      origins: ['http://id.app.test', testOrigin, androidApp],
    })
  })

  test('is the second factor of a password, and a step-up', async () => {
    const { person: ada, key } = await flows.enrolled()
    const asked = (await factors.signIn(ada)).data.signIn
    expect(asked).toMatchObject({ __typename: 'SecondFactorRequired', methods: ['PASSKEY', 'RECOVERY_CODE'] })
    const answer = await flows.completeSecondFactor(asked.challenge, key.get(asked.passkey))
    expect(answer.data.completeSecondFactor.session.assurance).toBe('AAL2')
    const raised = await flows.raised(ada, key)
    expect(claimOf(raised, 'acr')).toBe('aal2')
    const codes = await factors.regenerate(raised)
    expect(codes.data.regenerateRecoveryCodes.codes).toHaveLength(10)
    expect((await factors.signIn(ada)).data.signIn.methods.toSorted()).toEqual(['PASSKEY', 'RECOVERY_CODE'])
  })

  test('beside an app is one of two, and the last of both takes the codes along', async () => {
    const ada = await factors.enrolled()
    const key = createAuthenticator({ origin: testOrigin })
    expect((await flows.enrol(await factors.raised(ada), key)).errors).toEqual([])
    const raised = await flows.raised(ada, key)
    const of = async (kind: string) =>
      (await factors.authenticators(raised)).find((each) => each.kind === kind)?.id ?? ''
    expect((await factors.remove(raised, await of('TOTP'))).errors).toEqual([])
    expect((await factors.authenticators(raised)).map(({ kind }) => kind).toSorted()).toEqual([
      'PASSKEY',
      'PASSWORD',
      'RECOVERY_CODE',
    ])
    expect((await factors.remove(raised, await of('PASSKEY'))).errors).toEqual([])
    expect((await factors.authenticators(raised)).map(({ kind }) => kind)).toEqual(['PASSWORD'])
    await mailbox.mailTo(ada.email, { subject: /A passkey was removed/ })
    expect(reasonOf(await flows.signIn(key))).toBe('PASSKEY_REJECTED')
    expect((await factors.signIn(ada)).data.signIn.__typename).toBe('SignedIn')
  })

  test('has the name that its person gives it, and is absent for everybody else', async () => {
    const { person: ada, key } = await flows.enrolled()
    const { person: eve, key: evesKey } = await flows.enrolled()
    const raised = await flows.raised(ada, key)
    const [, passkey] = await factors.authenticators(raised)
    const id = passkey?.id ?? ''
    expect((await factors.rename(raised, id, 'Old phone')).data.renameAuthenticator).toEqual({ id, name: 'Old phone' })
    const evesToken = await flows.raised(eve, evesKey)
    const [foreign, absent] = [
      await factors.remove(evesToken, id),
      await factors.remove(evesToken, `aut_${'0'.repeat(26)}`),
    ]
    expect(foreign.text).toBe(absent.text)
    expect(codeOfError(foreign)).toBe('NOT_FOUND')
  })

  test('is added by nobody whose proof is old, or weaker than what is enrolled', async () => {
    const { person: ada, key } = await flows.enrolled()
    expect(codeOfError(await flows.begin(ada.accessToken))).toBe('STEP_UP_REQUIRED')
    expect(codeOfError(await flows.begin(await provenLongAgo(server, await signUp(server.ask))))).toBe(
      'STEP_UP_REQUIRED',
    )
    expect(reasonOf(await flows.begin())).toBe('SIGN_IN_REQUIRED')
    // Begun with a proof that has become too old is not completed either.
    const bob = await signUp(server.ask)
    const { challenge, options } = (await flows.begin(bob.accessToken)).data.beginPasskeyEnrolment
    const stale = await provenLongAgo(server, bob)
    expect(codeOfError(await flows.complete(stale, { challenge, credential: key.create(options) }))).toBe(
      'STEP_UP_REQUIRED',
    )
  })

  test('is one of twenty at most', async () => {
    const { person: ada, key } = await flows.enrolled()
    const authenticators = server.app.database.connection.collection<{ _id: string }>('authenticators')
    const found = await authenticators.findOne({ userId: ada.userId, kind: 'passkey' } as never)
    const more = Array.from({ length: 19 }, (_, n) => ({ ...found, _id: `aut_${n}`, credentialId: `${key.id}${n}` }))
    await authenticators.insertMany(more)
    expect(reasonOf(await flows.begin(await flows.raised(ada, key)))).toBe('TOO_MANY_AUTHENTICATORS')
  })

  test('goes with the account, and is in the export', async () => {
    const { person: ada, key } = await flows.enrolled()
    const raised = await flows.raised(ada, key)
    const { data } = await server.ask('mutation { exportMyData }', { token: raised })
    expect(JSON.stringify(data.exportMyData)).toContain('"passkey"')
    expect(JSON.stringify(await everythingIn(server))).toContain(key.id)
    const gone = await server.ask('mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) }', {
      token: raised,
      variables: { input: { confirmEmail: ada.email } },
    })
    expect(gone.errors).toEqual([])
    expect(JSON.stringify(await everythingIn(server))).not.toContain(key.id)
    expect(reasonOf(await flows.signIn(key))).toBe('PASSKEY_REJECTED')
  })

  test('of a thief goes with the link of the mail about it', async () => {
    const ada = await signUp(server.ask)
    const thief = await signIn(server.ask, ada)
    const key = createAuthenticator({ origin: testOrigin })
    await flows.enrol(thief.accessToken, key)
    const mail = await mailbox.mailTo(ada.email, { subject: /A passkey was added/ })
    await disown(tokenIn(mail))
    expect(reasonOf(await flows.signIn(key))).toBe('PASSKEY_REJECTED')
  })

  test('of a thief that was not the first goes with the link of its mail, and the others stay', async () => {
    const { person: ada, key: own } = await flows.enrolled()
    // Before the next one, so that the last mail is the one about it.
    await mailbox.mailTo(ada.email, { subject: /A passkey was added/ })
    // In a session from before this one.
    await madeLongAgo(ada.userId)
    const thiefs = createAuthenticator({ origin: testOrigin })
    const added = await flows.enrol(await flows.raised(ada, own), thiefs)
    expect(added.data.completePasskeyEnrolment.recoveryCodes).toBeNull()
    // The first one was told of as well; the later mail is the one about the second.
    const mail = await mailbox.mailTo(ada.email, { subject: /A passkey was added/, count: 2 })
    await disown(tokenIn(mail))
    expect(reasonOf(await flows.signIn(thiefs))).toBe('PASSKEY_REJECTED')
    expect((await flows.signIn(own)).errors).toEqual([])
  })

  test('stays where it is all that its owner could sign in with', async () => {
    const { person: ada, key: own } = await flows.enrolled()
    // Before the next one, so that the last mail is the one about it.
    await mailbox.mailTo(ada.email, { subject: /A passkey was added/ })
    await madeLongAgo(ada.userId)
    const { accessToken: other } = (await flows.signIn(own)).data.completePasskeySignIn.tokens
    await flows.enrol(other, createAuthenticator({ origin: testOrigin }))
    // With the passkey of that session the password goes, which a thief has known.
    await disown(tokenIn(await mailbox.mailTo(ada.email, { subject: /A passkey was added/, count: 2 })))
    const { accessToken } = (await flows.signIn(own)).data.completePasskeySignIn.tokens
    const passkey = (await factors.authenticators(accessToken)).find(({ kind }) => kind === 'PASSKEY')
    expect(reasonOf(await factors.remove(accessToken, passkey?.id ?? ''))).toBe('NO_PASSWORD')
    expect((await flows.signIn(own)).errors).toEqual([])
  })

  test('that a thief has signed in with goes with the link of the mail about that sign-in', async () => {
    const { person: ada, key } = await flows.enrolled()
    // From a device that is known, so that another one is news.
    expect((await flows.signIn(key)).errors).toEqual([])
    const { challenge, options } = (await flows.beginSignIn()).data.beginPasskeySignIn
    const elsewhere = await server.ask(
      'mutation ($input: PasskeySignInInput!) { completePasskeySignIn(input: $input) { user { id } } }',
      {
        variables: { input: { challenge, credential: key.get(options) } },
        headers: { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' },
      },
    )
    expect(elsewhere.errors).toEqual([])
    const mail = await mailbox.mailTo(ada.email, { subject: /sign-in/i })
    await disown(tokenIn(mail))
    expect(reasonOf(await flows.signIn(key))).toBe('PASSKEY_REJECTED')
  })

  test('that a thief has used after the password goes with the link of the mail about that sign-in', async () => {
    const { person: ada, key } = await flows.enrolled()
    await madeLongAgo(ada.userId)
    expect((await flows.signIn(key)).errors).toEqual([])
    const { challenge, passkey } = (await factors.signIn({ email: ada.email, password: goodPassword })).data.signIn
    const elsewhere = await server.ask(
      'mutation ($input: SecondFactorInput!) { completeSecondFactor(input: $input) { user { id } } }',
      {
        variables: { input: { challenge, passkey: key.get(passkey) } },
        headers: { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' },
      },
    )
    expect(elsewhere.errors).toEqual([])
    await disown(tokenIn(await mailbox.mailTo(ada.email, { subject: /sign-in/i })))
    expect(reasonOf(await flows.signIn(key))).toBe('PASSKEY_REJECTED')
  })
})

const attested = 0x40

/** What is wrong with it, told for making one and for using one. */
const misuses: [string, Misuse][] = [
  ['for another challenge', { challenge: Buffer.alloc(32).toString('base64url') }],
  ['of the other kind', { type: 'payment.get' }],
  ['on a page of nobody', { origin: 'http://evil.test' }],
  ['on a page that may read us and has another domain', { origin: 'http://elsewhere.test' }],
  ['on another port', { origin: `${testOrigin}:8443` }],
  ['on a sibling that is not listed', { origin: 'http://other.app.test' }],
  ['on an origin that only begins like ours', { origin: `${testOrigin}.evil.test` }],
  ['in an app that is signed by somebody else', { origin: `android:apk-key-hash:${'q6ur'.repeat(10)}q6s` }],
  ['in a frame of another page', { crossOrigin: true }],
  ['in a frame of a page that is named', { crossOrigin: true, topOrigin: testOrigin }],
  ['with a page above it that is none', { topOrigin: 'http://evil.test' }],
  ['for another domain', { rpId: 'evil.test' }],
  ['for the domain below', { rpId: 'id.app.test' }],
  ['without anybody being there', { flags: verified | attested }],
  ['without PIN or finger', { flags: present | attested }],
]
const changed = (change: (response: Record<string, unknown>) => void): Misuse => ({
  tamper: (credential: SentCredential) => {
    change(credential.response)
    return credential
  },
})
const malformed: [string, Misuse][] = [
  ['nothing', { tamper: () => ({}) }],
  ['a list', { tamper: () => [] }],
  ['a string', { tamper: () => 'passkey' }],
  ['a number', { tamper: () => 7 }],
  ['no response', { tamper: (each) => ({ ...each, response: null }) }],
  ['another type', { tamper: (each) => ({ ...each, type: 'password' }) }],
  ['two ids', { tamper: (each) => ({ ...each, rawId: 'AAAA' }) }],
  ['an id that is an operator', { tamper: (each) => ({ ...each, id: { $ne: null } }) }],
  ['an id of ten thousand characters', { tamper: (each) => ({ ...each, id: 'A'.repeat(10_000) }) }],
  ['client data that are no JSON', changed((response) => (response['clientDataJSON'] = 'AAAA'))],
  ['client data that are null', changed((response) => (response['clientDataJSON'] = 'bnVsbA'))],
  ['client data that are a number', changed((response) => (response['clientDataJSON'] = 7))],
]

test('A passkey is used in an app of ours, which has no page', async () => {
  const key = createAuthenticator({ origin: androidApp })
  const ada = await signUp(server.ask)
  expect((await flows.enrol(ada.accessToken, key)).errors).toEqual([])
  expect((await flows.signIn(key)).data.completePasskeySignIn.user.id).toBe(ada.userId)
})

describe('A passkey is not made', () => {
  const refused: [string, Misuse][] = [
    ...misuses.map(([name, misuse]): [string, Misuse] => [
      name,
      misuse.type === undefined ? misuse : { type: 'webauthn.get' },
    ]),
    ...malformed,
    ['with an algorithm that was not asked for', { algorithm: -65_535 }],
    ['with a certificate, which nobody reads', { isCertified: true }],
    ['with an attestation of another make', { attestation: { fmt: 'fido-u2f', attStmt: new Map() } }],
    ['without a key in it', { flags: present | verified }],
    ['with a key that has much hung on to it', { extra: 50_000 }],
    ['under another id than the one in it', { tamper: (each) => ({ ...each, id: 'AAAA', rawId: 'AAAA' }) }],
    ['of bytes that are no CBOR', changed((response) => (response['attestationObject'] = 'AAAA'))],
  ]

  test.each(refused)('%s', async (_name, misuse) => {
    const ada = await signUp(server.ask)
    const key = createAuthenticator({ origin: testOrigin })
    const { challenge, options } = (await flows.begin(ada.accessToken)).data.beginPasskeyEnrolment
    const answer = await flows.complete(ada.accessToken, { challenge, credential: key.create(options, misuse) })
    expect(reasonOf(answer)).toBe('PASSKEY_REJECTED')
    expect(await factors.authenticators(ada.accessToken)).toHaveLength(1)
    const events = server.app.database.connection.collection('auditEvents')
    const refused = { name: 'authenticator.enrolment-refused', subjectId: ada.userId }
    await eventually(async () => expect((await events.findOne(refused))?.['facts']).toHaveProperty('fault'))
    // And with nothing wrong it is.
    const made = await flows.complete(ada.accessToken, { challenge, credential: key.create(options) })
    expect(made.errors).toEqual([])
  })

  test('by another session, for another person, after a change, or twice', async () => {
    const [ada, eve] = [await signUp(server.ask), await signUp(server.ask)]
    const other = await signIn(server.ask, ada)
    const key = createAuthenticator({ origin: testOrigin })
    const { challenge, options } = (await flows.begin(ada.accessToken)).data.beginPasskeyEnrolment
    const credential = key.create(options)
    for (const { accessToken } of [other, eve]) {
      expect(reasonOf(await flows.complete(accessToken, { challenge, credential }))).toBe('ONE_TIME_TOKEN_REJECTED')
    }
    const signInChallenge = (await flows.beginSignIn()).data.beginPasskeySignIn.challenge
    const crossed = await flows.complete(ada.accessToken, { challenge: signInChallenge, credential })
    expect(reasonOf(crossed)).toBe('ONE_TIME_TOKEN_REJECTED')
    const many = await Promise.all(
      Array.from({ length: 50 }, () => flows.complete(ada.accessToken, { challenge, credential })),
    )
    expect(many.filter(({ errors }) => errors.length === 0)).toHaveLength(1)
    const bob = await signUp(server.ask)
    const bobs = (await flows.begin(bob.accessToken)).data.beginPasskeyEnrolment
    const different = await Promise.all(
      Array.from({ length: 10 }, () => {
        const credential = createAuthenticator({ origin: testOrigin }).create(bobs.options)
        return flows.complete(bob.accessToken, { challenge: bobs.challenge, credential })
      }),
    )
    expect(different.filter(({ errors }) => errors.length === 0)).toHaveLength(1)
    const late = await flows.begin(eve.accessToken)
    await server.ask('mutation { signOutEverywhere }', { token: eve.accessToken })
    const begun = late.data.beginPasskeyEnrolment
    const evesKey = createAuthenticator({ origin: testOrigin })
    const answer = await flows.complete(eve.accessToken, {
      challenge: begun.challenge,
      credential: evesKey.create(begun.options),
    })
    expect(reasonOf(answer)).toBe('ONE_TIME_TOKEN_REJECTED')
  })

  test('of a credential that is somebody’s already', async () => {
    const { key } = await flows.enrolled()
    const eve = await signUp(server.ask)
    expect(reasonOf(await flows.enrol(eve.accessToken, key))).toBe('PASSKEY_REJECTED')
    expect(await factors.authenticators(eve.accessToken)).toHaveLength(1)
  })
})

describe('A passkey does not sign in', () => {
  let person: SignedInPerson
  let key: ReturnType<typeof createAuthenticator>
  beforeAll(async () => {
    const enrolled = await flows.enrolled()
    person = enrolled.person
    key = enrolled.key
  })
  const usedWrongly: [string, Misuse][] = [
    ...misuses.map(([name, misuse]): [string, Misuse] => [
      name,
      misuse.flags === undefined ? misuse : { ...misuse, flags: misuse.flags & ~attested },
    ]),
    ...malformed,
    ['of the kind that makes one', { type: 'webauthn.create' }],
    ['for somebody else', { userHandle: Buffer.from(`usr_${'0'.repeat(26)}`).toString('base64url') }],
    ['for nobody', { userHandle: null }],
    [
      'with a signature of another',
      changed((response) => (response['signature'] = Buffer.alloc(70).toString('base64url'))),
    ],
    ['with no signature', changed((response) => delete response['signature'])],
    [
      'with data that were not signed',
      changed(
        (response) =>
          (response['authenticatorData'] =
            `${Buffer.from('x').toString('base64url')}${String(response['authenticatorData'])}`),
      ),
    ],
  ]

  test.each(usedWrongly)('%s', async (_name, misuse) => {
    const { challenge, options } = (await flows.beginSignIn()).data.beginPasskeySignIn
    const answer = await flows.completeSignIn({ challenge, credential: key.get(options, misuse) })
    expect([reasonOf(answer), answer.data]).toEqual(['PASSKEY_REJECTED', null])
    // And with nothing wrong it does, by the same challenge.
    expect((await flows.completeSignIn({ challenge, credential: key.get(options) })).errors).toEqual([])
  })

  test('twice by one challenge, however many try at once', async () => {
    const { challenge, options } = (await flows.beginSignIn()).data.beginPasskeySignIn
    const credential = key.get(options)
    const answers = await Promise.all(Array.from({ length: 50 }, () => flows.completeSignIn({ challenge, credential })))
    expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1)
    // One that does not count, and gives fifty signatures.
    const { person: bob, key: uncounted } = await flows.enrolled()
    const again = (await flows.beginSignIn()).data.beginPasskeySignIn
    const many = await Promise.all(
      Array.from({ length: 50 }, () =>
        flows.completeSignIn({
          challenge: again.challenge,
          credential: uncounted.get(again.options, { counter: 0 }),
        }),
      ),
    )
    expect(many.filter(({ errors }) => errors.length === 0)).toHaveLength(1)
    // Who comes second is late, and no thief.
    const events = server.app.database.connection.collection('auditEvents')
    const copies = { name: 'passkey.copy-refused', subjectId: { $in: [person.userId, bob.userId] } }
    expect(await events.countDocuments(copies)).toBe(0)
  })

  test('with a counter that has not grown: there is a copy of it, and the trail says so', async () => {
    const { person: bob, key: copied } = await flows.enrolled()
    const signInWith = async (counter: number) => {
      const { challenge, options } = (await flows.beginSignIn()).data.beginPasskeySignIn
      return flows.completeSignIn({ challenge, credential: copied.get(options, { counter }) })
    }
    expect((await signInWith(7)).errors).toEqual([])
    for (const counter of [7, 6, 0]) expect(reasonOf(await signInWith(counter))).toBe('PASSKEY_REJECTED')
    expect((await signInWith(8)).errors).toEqual([])
    const events = server.app.database.connection.collection('auditEvents')
    const copies = () => events.countDocuments({ name: 'passkey.copy-refused', subjectId: bob.userId })
    expect(await copies()).toBe(3)
    const mail = await mailbox.mailTo(bob.email, { subject: /a copy of a passkey/ })
    await disown(tokenIn(mail))
    expect(reasonOf(await signInWith(9))).toBe('PASSKEY_REJECTED')
  })

  test('by a challenge for something else', async () => {
    const asked = (await factors.signIn(person)).data.signIn
    const stepUp = (await flows.beginStepUp(person.accessToken)).data.beginStepUp
    for (const { challenge, passkey } of [asked, stepUp]) {
      const answer = await flows.completeSignIn({ challenge, credential: key.get(passkey) })
      expect(reasonOf(answer)).toBe('ONE_TIME_TOKEN_REJECTED')
    }
    const free = (await flows.beginSignIn()).data.beginPasskeySignIn
    expect(reasonOf(await flows.completeSecondFactor(free.challenge, key.get(free.options)))).toBe(
      'ONE_TIME_TOKEN_REJECTED',
    )
    // Nor is a response good with a challenge that it was not made for.
    const crossed = await flows.completeSecondFactor(asked.challenge, key.get(stepUp.passkey))
    expect(reasonOf(crossed)).toBe('PASSKEY_REJECTED')
  })

  test('by a challenge that nobody has given, that is over, or that was changed', async () => {
    const { challenge, options } = (await flows.beginSignIn()).data.beginPasskeySignIn
    const [body = '', mac = ''] = challenge.split('.')
    const credential = key.get(options)
    for (const forged of [
      '',
      '.',
      body,
      `${body}.`,
      `${body}.${mac}.`,
      `${body}A.${mac}`,
      `${body}.A${mac.slice(1)}`,
      'A'.repeat(10_000),
    ]) {
      expect(reasonOf(await flows.completeSignIn({ challenge: forged, credential }))).toBe('ONE_TIME_TOKEN_REJECTED')
    }
    expect((await flows.completeSignIn({ challenge, credential })).errors).toEqual([])
    // Nothing is kept of those that are not used.
    const kept = server.app.database.connection.collection('oneTimeTokens')
    const before = await kept.countDocuments({ purpose: 'passkey-sign-in' })
    await Promise.all(Array.from({ length: 20 }, () => flows.beginSignIn()))
    expect(await kept.countDocuments({ purpose: 'passkey-sign-in' })).toBe(before)
  })

  test('for whom it does not belong to, whose password is known', async () => {
    const ada = await factors.enrolled()
    const asked = (await factors.signIn(ada)).data.signIn
    expect([asked.methods.includes('PASSKEY'), asked.passkey]).toEqual([false, null])
    const options = (await flows.beginSignIn()).data.beginPasskeySignIn.options
    const answer = await flows.completeSecondFactor(asked.challenge, key.get(options))
    expect(reasonOf(answer)).toBe('PASSKEY_REJECTED')
    // Nor where it leaves out, or lies about, whose it is.
    for (const userHandle of [null, Buffer.from(ada.userId).toString('base64url')]) {
      const credential = key.get(
        { ...options, challenge: createHash('sha256').update(`webauthn:${asked.challenge}`).digest('base64url') },
        { userHandle },
      )
      expect(reasonOf(await flows.completeSecondFactor(asked.challenge, credential))).toBe('PASSKEY_REJECTED')
    }
    const own = (await factors.signIn(person)).data.signIn
    const lied = key.get(own.passkey, { userHandle: Buffer.from(ada.userId).toString('base64url') })
    expect(reasonOf(await flows.completeSecondFactor(own.challenge, lied))).toBe('PASSKEY_REJECTED')
  })

  test('when its person is suspended, and the answer is that of an unknown one', async () => {
    const { person: bob, key: bobs } = await flows.enrolled()
    const unknown = await flows.signIn(createAuthenticator({ origin: testOrigin }))
    const users = server.app.database.connection.collection<{ _id: string }>('users')
    await users.updateOne({ _id: bob.userId }, { $set: { status: 'suspended' } })
    expect((await flows.signIn(bobs)).text).toBe(unknown.text)
    await users.updateOne({ _id: bob.userId }, { $set: { status: 'active' } })
    expect((await flows.signIn(bobs)).errors).toEqual([])
  })

  test('into a session of the time before a change of security that came meanwhile', async () => {
    const { person: bob, key: bobs } = await flows.enrolled()
    const { connection } = server.app.database
    const answers = await Promise.all([
      ...Array.from({ length: 10 }, () => flows.signIn(bobs)),
      server.ask('mutation { signOutEverywhere(input: { includeCurrent: true }) }', { token: bob.accessToken }),
    ])
    const user = await connection
      .collection<{ _id: string; securityVersion: number }>('users')
      .findOne({ _id: bob.userId })
    const given = answers.flatMap(({ data }) => data?.completePasskeySignIn ?? [])
    for (const { session, tokens } of given) {
      const found = await connection
        .collection<{ _id: string; securityVersion: number }>('sessions')
        .findOne({ _id: session.id })
      const { data } = await server.ask('{ me { id } }', { token: tokens.accessToken })
      expect(data?.me?.id === bob.userId).toBe(found?.securityVersion === user?.securityVersion)
    }
  })
})

describe('A thief of the password', () => {
  test('and of many wrong signatures voids nothing, and the trail says what was wrong with them', async () => {
    const { person: ada, key } = await flows.enrolled()
    for (let round = 0; round < 2; round += 1) {
      const asked = (await factors.signIn(ada)).data.signIn
      const wrong = key.get(asked.passkey, { origin: 'http://evil.test' })
      await Promise.all(Array.from({ length: 60 }, () => flows.completeSecondFactor(asked.challenge, wrong)))
    }
    const events = server.app.database.connection.collection('auditEvents')
    const refused = { name: 'second-factor.refused', subjectId: ada.userId, 'facts.fault': 'origin' }
    await eventually(async () => expect(await events.countDocuments(refused)).toBe(120))
    const asked = (await factors.signIn(ada)).data.signIn
    expect((await flows.completeSecondFactor(asked.challenge, key.get(asked.passkey))).errors).toEqual([])
  })

  test('who tries codes does not keep the owner from the passkey', async () => {
    const strict = await startTestPortcullis({
      PUBLIC_URL: 'http://app.test',
      RATE_LIMITS: JSON.stringify({ accountFailures: 2, signUpsPerNetwork: 1_000 }),
    })
    try {
      const own = passkeyFlows(strict)
      const { person: ada, key } = await own.enrolled()
      const theirs = factorFlows(strict)
      const challenge = await theirs.challenge(ada, goodPassword)
      for (let n = 0; n < 4; n += 1) await theirs.complete({ challenge, recoveryCode: `nope-${n}` })
      expect(reasonOf(await theirs.complete({ challenge, totp: codeOf('A'.repeat(32)) }))).toBe('RATE_LIMITED')
      expect((await own.signIn(key)).errors).toEqual([])
      const asked = (await theirs.signIn(ada)).data.signIn
      expect((await own.completeSecondFactor(asked.challenge, key.get(asked.passkey))).errors).toEqual([])
    } finally {
      await strict.close()
    }
  })
})
