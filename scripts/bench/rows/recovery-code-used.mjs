import { openProving } from '../second-factors.mjs'

/** @type {import('../rows.mjs').Row} */
export default {
  name: 'recovery-code-used',
  title: 'the same, and used: one write with its event and the mail to be sent',
  goal: null,
  requests: 64,
  baseline: null,
  measured: ({ mongodbUri }) =>
    openProving(mongodbUri, {
      uses: 10,
      proving: (app, { userId, recoveryCodes }) => {
        return (turn) => app.mfa.verifyCode(userId, { kind: 'recovery-code', code: recoveryCodes[turn] ?? '' })
      },
    }),
}
