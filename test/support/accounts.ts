import { tokenIn, type Mailbox } from './mailbox.js'
import { goodPassword, newEmail, signUpMutation } from './people.js'
import type { Answer, Ask, AskOptions } from './portcullis.js'

const signedIn = 'user { id email emailVerified displayName } session { id } tokens { accessToken refreshToken }'

export const verifyEmailMutation = `mutation ($input: VerifyEmailInput!) { verifyEmail(input: $input) { ${signedIn} } }`
export const resetMutation = `mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) }`
const requestResetMutation = `mutation ($input: EmailInput!) { requestPasswordReset(input: $input) }`
const resendMutation = `mutation ($input: EmailInput!) { resendVerification(input: $input) }`
const announceMutation = signUpMutation.replace(
  '{ signUp(input: $input) {',
  '{ signUp(input: $input) { __typename ... on VerificationSent { email }',
)

/** Asks for what ends in a mail, and for what its link leads to. */
export function mailFlows(ask: Ask, mailbox: Mailbox) {
  const asks =
    (query: string) =>
    (input: Record<string, unknown>, options: AskOptions = {}) =>
      ask(query, { ...options, variables: { input } })
  const flows = {
    signUp: asks(announceMutation),
    verify: asks(verifyEmailMutation),
    resend: asks(resendMutation),
    requestReset: asks(requestResetMutation),
    reset: asks(resetMutation),

    /** The token of a sign-up of that address. */
    async signUpToken(email = newEmail(), password = goodPassword): Promise<string> {
      const count = mailbox.to(email).length + 1
      await flows.signUp({ email, password })
      return tokenIn(await mailbox.mailTo(email, { count }))
    },

    async resetToken(email: string): Promise<string> {
      const subject = /new password/
      const count = mailbox.to(email).filter((mail) => subject.test(mail.subject)).length + 1
      await flows.requestReset({ email })
      return tokenIn(await mailbox.mailTo(email, { subject, count }))
    },

    /** Somebody with a proven address. */
    async person(email = newEmail(), password = goodPassword) {
      const token = await flows.signUpToken(email, password)
      const answer = await flows.verify({ token, password })
      if (answer.errors.length > 0) throw new Error(`Verification failed: ${answer.text}`)
      return { email, password, ...told(answer) }
    },
  }
  return flows
}

function told({ data }: Answer) {
  const { user, session, tokens } = data.verifyEmail
  return {
    userId: user.id as string,
    sessionId: session.id as string,
    accessToken: tokens.accessToken as string,
    refreshToken: tokens.refreshToken as string,
  }
}
