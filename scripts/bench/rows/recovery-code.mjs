import { openProving } from '../second-factors.mjs'

/** @type {import('../rows.mjs').Row} */
export default {
  name: 'recovery-code',
  title: 'a right recovery code, verified the same way: one read',
  goal: { kind: 'cpu', atMostMs: 2 },
  requests: 64,
  baseline: null,
  measured: ({ mongodbUri }) =>
    openProving(mongodbUri, {
      uses: 10,
      isUsed: false,
      proving: (app, { userId, recoveryCodes }) => {
        return (turn) => app.mfa.verifyCode(userId, { kind: 'recovery-code', code: recoveryCodes[turn] ?? '' })
      },
    }),
}
