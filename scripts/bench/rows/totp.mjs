import { openProving } from '../second-factors.mjs'

/** @type {import('../rows.mjs').Row} */
export default {
  name: 'totp',
  title: 'a right code of an authenticator app, verified by the service alone: one read',
  goal: { kind: 'cpu', atMostMs: 2 },
  requests: 64,
  baseline: null,
  measured: ({ mongodbUri }) =>
    openProving(mongodbUri, {
      uses: 1,
      isUsed: false,
      proving: (app, { userId, code }) => {
        return () => app.mfa.verifyCode(userId, { kind: 'totp', code: code() })
      },
    }),
}
