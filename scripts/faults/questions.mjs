/** What clients ask, as documents. */

const signedIn = 'user { id } session { id } tokens { accessToken refreshToken }'

export const questions = {
  signUp: `mutation ($input: SignUpInput!) { signUp(input: $input) { ... on SignedIn { ${signedIn} } } }`,
  signIn: `mutation ($input: SignInInput!) { signIn(input: $input) { ... on SignedIn { ${signedIn} } } }`,
  refresh: `mutation ($token: String) { refreshSession(input: { refreshToken: $token }) { ${signedIn} } }`,
  signOut: 'mutation ($token: String) { signOut(input: { refreshToken: $token }) }',
  revoke: 'mutation ($id: ID!) { revokeSession(id: $id) { id endedAt } }',
  changePassword: 'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) }',
  me: '{ me { id roles status } }',
  user: 'query ($id: ID!) { user(id: $id) { email } }',
  suspend: 'mutation ($id: ID!) { suspendUser(id: $id, reason: "a fault run") { id status } }',
  reinstate: 'mutation ($id: ID!) { reinstateUser(id: $id) { id status } }',
  setRoles: 'mutation ($id: ID!, $roles: [String!]!) { setUserRoles(id: $id, roles: $roles) { id roles } }',
  revokeUser: 'mutation ($id: ID!) { revokeUserSessions(id: $id) }',
}
