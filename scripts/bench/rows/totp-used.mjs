import { openProving } from '../second-factors.mjs'

/** @type {import('../rows.mjs').Row} */
export default {
  name: 'totp-used',
  title: 'the same, and used: one write in a transaction, which a sign-in has already',
  goal: null,
  requests: 64,
  baseline: null,
  measured: ({ mongodbUri }) =>
    openProving(mongodbUri, {
      uses: 1,
      proving: (app, { userId, code }) => {
        return () => app.mfa.verifyCode(userId, { kind: 'totp', code: code() })
      },
    }),
}
