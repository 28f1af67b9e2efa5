import { randomBytes } from 'node:crypto'
import { goodPassword, newEmail } from '../support/people.js'
import { cookiesOf, type Answer, type AskOptions, type TestPortcullis } from '../support/portcullis.js'

export const deviceCookieName = '__Host-portcullis-device'
export const firefox = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' }

const signedIn =
  'user { id } session { id device { name known bound } } tokens { accessToken refreshToken } deviceToken'
const signIn = `mutation ($input: SignInInput!) { signIn(input: $input) {
  __typename ... on SignedIn { ${signedIn} } ... on SecondFactorRequired { challenge } } }`

export interface DeviceOwner {
  readonly email: string
  readonly password: string
  readonly userId: string
  readonly accessToken: string
  readonly deviceToken: string
}

/** A token of the right shape that nobody was given. */
export const strangersToken = () => randomBytes(32).toString('base64url')

/** What people do on devices, over HTTP. */
export function deviceFlows({ ask, app }: TestPortcullis) {
  const documents = app.database.connection.collection<{ _id: string }>('devices')
  const flows = {
    documents,
    signIn: (
      { email, password }: { email: string; password: string },
      { deviceToken, ...options }: AskOptions & { deviceToken?: string } = {},
      delivery = 'BODY',
    ) => ask(signIn, { ...options, variables: { input: { email, password, deviceToken, delivery } } }),

    /** Somebody new, on the device of the sign-up. */
    async signUp(options: AskOptions = {}): Promise<DeviceOwner> {
      const [email, password] = [newEmail(), goodPassword]
      const query = `mutation ($input: SignUpInput!) { signUp(input: $input) { ... on SignedIn { ${signedIn} } } }`
      const answer = await ask(query, { ...options, variables: { input: { email, password } } })
      if (answer.errors.length > 0) throw new Error(answer.text)
      const { user, tokens, deviceToken } = answer.data.signUp
      return { email, password, userId: user.id, accessToken: tokens.accessToken, deviceToken }
    },

    /** Tokens of this user that are refused before they are anything. */
    async fail(person: { email: string }, times: number, options: AskOptions & { deviceToken?: string } = {}) {
      const answers: Answer[] = []
      for (let time = 0; time < times; time += 1)
        answers.push(await flows.signIn({ ...person, password: 'not the password' }, options))
      return answers
    },

    async devices(token: string) {
      const { data } = await ask('{ me { devices { id name ipPrefix createdAt lastUsedAt } } }', { token })
      return data.me.devices as { id: string; name: string; ipPrefix: string; lastUsedAt: string }[]
    },

    forget: (token: string, id: string) =>
      ask('mutation ($id: ID!) { forgetDevice(id: $id) }', { token, variables: { id } }),

    /** How the newest session of that user began, in the audit trail. */
    async startedFacts({ userId }: { userId: string }): Promise<Record<string, unknown>> {
      await app.background.drained()
      const trail = app.database.connection.collection('auditEvents')
      const found = await trail
        .find({ name: 'session.started', subjectId: userId })
        .sort({ _id: -1 })
        .limit(1)
        .toArray()
      return found[0]?.['facts'] as Record<string, unknown>
    },
  }
  return flows
}

/** The joined tokens that an answer gives to a browser. */
export const deviceCookieOf = (answer: Answer) => cookiesOf(answer)[deviceCookieName]?.split(';')[0]

export const isKnown = (answer: Answer): boolean => answer.data.signIn.session.device.known
