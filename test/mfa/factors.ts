import { Secret, TOTP } from 'otpauth'
import { goodPassword, refresh, signInMutation, signUp, type SignedInPerson } from '../support/people.js'
import type { Answer, TestPortcullis } from '../support/portcullis.js'

const signedIn = 'user { id } session { id assurance } tokens { accessToken refreshToken }'
const signInWith = signInMutation.replace(
  'signIn(input: $input) {',
  'signIn(input: $input) { __typename ... on SecondFactorRequired { challenge methods expiresAt passkey }',
)

export interface EnrolledPerson extends SignedInPerson {
  readonly secret: string
  readonly recoveryCodes: readonly string[]
}

/** The code that the app shows at that step from now. */
export function codeOf(secret: string, step = 0): string {
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + step * 30_000 })
}

/** What people do with second factors, over HTTP. */
export function factorFlows({ ask, app }: TestPortcullis) {
  const input = (value: object, token?: string) => ({
    variables: { input: value },
    ...(token === undefined ? {} : { token }),
  })
  const flows = {
    begin: (token?: string) =>
      ask('mutation { beginTotpEnrolment { secret uri qr } }', token === undefined ? {} : { token }),
    confirm: (token: string, code: string) =>
      ask(
        'mutation ($input: TotpCodeInput!) { confirmTotpEnrolment(input: $input) { codes } }',
        input({ code }, token),
      ),
    signIn: ({ email, password }: { email: string; password: string }) => ask(signInWith, input({ email, password })),
    complete: (value: { challenge: string; totp?: string; recoveryCode?: string }) =>
      ask(
        `mutation ($input: SecondFactorInput!) { completeSecondFactor(input: $input) { ${signedIn} } }`,
        input(value),
      ),
    beginStepUp: (token: string) => ask('mutation { beginStepUp { challenge methods passkey } }', { token }),
    completeStepUp: (
      token: string,
      value: { challenge: string; totp?: string; recoveryCode?: string; password?: string },
    ) => ask(`mutation ($input: StepUpInput!) { completeStepUp(input: $input) { ${signedIn} } }`, input(value, token)),
    regenerate: (token: string) => ask('mutation { regenerateRecoveryCodes { codes } }', { token }),
    remove: (token: string, id: string) =>
      ask('mutation ($id: ID!) { removeAuthenticator(id: $id) }', { token, variables: { id } }),
    rename: (token: string, id: string, name: string) =>
      ask('mutation ($id: ID!, $name: String!) { renameAuthenticator(id: $id, name: $name) { id name } }', {
        token,
        variables: { id, name },
      }),
    async authenticators(token: string) {
      const { data } = await ask('{ me { authenticators { id kind name lastUsedAt remaining } } }', { token })
      return data.me.authenticators as { id: string; kind: string; name: string | null; remaining: number | null }[]
    },

    /** The counters that were used count as used long ago: a test need not wait for the next half minute. */
    async forgetSteps({ userId }: SignedInPerson): Promise<void> {
      const authenticators = app.database.connection.collection('authenticators')
      await authenticators.updateMany({ userId, kind: 'totp' }, { $set: { lastStep: 0 } })
    },

    /** Somebody with an app, signed in by the password alone. */
    async enrolled(person?: SignedInPerson): Promise<EnrolledPerson> {
      const ada = person ?? (await signUp(ask))
      const { secret } = (await flows.begin(ada.accessToken)).data.beginTotpEnrolment
      const confirmed = await flows.confirm(ada.accessToken, codeOf(secret))
      if (confirmed.errors.length > 0) throw new Error(confirmed.text)
      await flows.forgetSteps(ada)
      return { ...ada, secret, recoveryCodes: confirmed.data.confirmTotpEnrolment.codes }
    },

    /** A challenge of a right password. */
    async challenge({ email }: SignedInPerson, password = goodPassword): Promise<string> {
      return (await flows.signIn({ email, password })).data.signIn.challenge
    },

    /** An access token that says that a code was given just now. */
    async raised(person: EnrolledPerson, token = person.accessToken): Promise<string> {
      const { challenge } = (await flows.beginStepUp(token)).data.beginStepUp
      const answer = await flows.completeStepUp(token, { challenge, totp: codeOf(person.secret) })
      if (answer.errors.length > 0) throw new Error(answer.text)
      await flows.forgetSteps(person)
      return answer.data.completeStepUp.tokens.accessToken
    },
    refresh: (person: SignedInPerson, token?: string): Promise<Answer> => refresh(ask, person.refreshToken, token),
  }
  return flows
}

/** A claim of an access token, unverified. */
export function claimOf(accessToken: string, name: string): unknown {
  const [, payload = ''] = accessToken.split('.')
  return JSON.parse(Buffer.from(payload, 'base64url').toString())[name]
}
