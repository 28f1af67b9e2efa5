import { signUp, type SignedInPerson } from '../support/people.js'
import { testOrigin, type TestPortcullis } from '../support/portcullis.js'
import { createAuthenticator, type Authenticator } from './authenticator.js'

const signedIn = 'user { id } session { id assurance } tokens { accessToken refreshToken }'

interface Response {
  readonly challenge: string
  readonly credential: unknown
  readonly name?: string
}

/** What people do with passkeys, over HTTP. */
export function passkeyFlows({ ask }: TestPortcullis) {
  const withToken = (token: string | undefined) => (token === undefined ? {} : { token })
  const flows = {
    begin: (token?: string) => ask('mutation { beginPasskeyEnrolment { challenge options } }', withToken(token)),
    complete: (token: string, input: Response) =>
      ask(
        `mutation ($input: PasskeyEnrolmentInput!) {
          completePasskeyEnrolment(input: $input) { id kind name lastUsedAt recoveryCodes }
        }`,
        { token, variables: { input } },
      ),
    async enrol(token: string, key: Authenticator, rest: { name?: string } = {}) {
      const { challenge, options } = (await flows.begin(token)).data.beginPasskeyEnrolment
      return flows.complete(token, { challenge, credential: key.create(options), ...rest })
    },
    beginSignIn: () => ask('mutation { beginPasskeySignIn { challenge options } }'),
    completeSignIn: (input: Response) =>
      ask(`mutation ($input: PasskeySignInInput!) { completePasskeySignIn(input: $input) { ${signedIn} } }`, {
        variables: { input },
      }),
    async signIn(key: Authenticator) {
      const { challenge, options } = (await flows.beginSignIn()).data.beginPasskeySignIn
      return flows.completeSignIn({ challenge, credential: key.get(options) })
    },
    completeSecondFactor: (challenge: string, passkey: unknown) =>
      ask(`mutation ($input: SecondFactorInput!) { completeSecondFactor(input: $input) { ${signedIn} } }`, {
        variables: { input: { challenge, passkey } },
      }),
    beginStepUp: (token: string) => ask('mutation { beginStepUp { challenge methods passkey } }', { token }),

    /** An access token that says that the passkey was used just now. */
    async raised(person: SignedInPerson, key: Authenticator): Promise<string> {
      const { challenge, passkey } = (await flows.beginStepUp(person.accessToken)).data.beginStepUp
      const answer = await ask(`mutation ($input: StepUpInput!) { completeStepUp(input: $input) { ${signedIn} } }`, {
        token: person.accessToken,
        variables: { input: { challenge, passkey: key.get(passkey) } },
      })
      if (answer.errors.length > 0) throw new Error(answer.text)
      return answer.data.completeStepUp.tokens.accessToken
    },

    /** Somebody with a passkey, signed in by the password alone. */
    async enrolled(): Promise<{ person: SignedInPerson; key: Authenticator }> {
      const person = await signUp(ask)
      const key = createAuthenticator({ origin: testOrigin })
      const answer = await flows.enrol(person.accessToken, key)
      if (answer.errors.length > 0) throw new Error(answer.text)
      return { person, key }
    },
  }
  return flows
}
