import { getNamedType, isAbstractType, isCompositeType, isObjectType, type GraphQLSchema } from 'graphql'

/** A way from a root field to the objects of a type: one `Type.field` after the other. */
export interface Route {
  readonly via: readonly string[]
  /** The root field refuses nobody, and says `null` without an error to whom this one is denied. */
  readonly hiddenLike?: string
}

const via = (...fields: string[]): Route => ({ via: fields })

/** How each type is reached. A type without a route fails the test: whoever adds one says here how it is asked for. */
export const routes: Readonly<Record<string, readonly Route[]>> = {
  Query: [via()],
  Mutation: [via()],
  User: [
    via('Query.user'),
    via('Query.me'),
    via('Query.users', 'UserConnection.edges', 'UserEdge.node'),
    // A router must not learn from an error that somebody exists.
    { via: ['Query._entities'], hiddenLike: 'Query.user' },
  ],
  UserConnection: [via('Query.users')],
  UserEdge: [via('Query.users', 'UserConnection.edges')],
  Suspension: [via('Query.suspendedUser', 'User.suspension')],
  Session: [via('Query.session'), via('Query.user', 'User.sessions', 'SessionConnection.edges', 'SessionEdge.node')],
  SessionConnection: [via('Query.user', 'User.sessions')],
  SessionEdge: [via('Query.user', 'User.sessions', 'SessionConnection.edges')],
  Device: [via('Query.session', 'Session.device')],
  PageInfo: [
    via('Query.user', 'User.sessions', 'SessionConnection.pageInfo'),
    via('Query.users', 'UserConnection.pageInfo'),
    via('Query.auditEvents', 'AuditEventConnection.pageInfo'),
  ],
  AuditEventConnection: [via('Query.auditEvents')],
  AuditEventEdge: [via('Query.auditEvents', 'AuditEventConnection.edges')],
  AuditEvent: [via('Query.auditEvents', 'AuditEventConnection.edges', 'AuditEventEdge.node')],
  // Nobody is no viewer, and that is no error.
  Viewer: [{ via: ['Query.viewer'], hiddenLike: 'Viewer.kind' }],
  Decision: [{ via: ['Query.viewer', 'Viewer.can'], hiddenLike: 'Viewer.kind' }],
  FieldExplanation: [via('Query.explainPolicy')],
  SignInOptions: [via('Query.signInOptions')],
  Authenticator: [via('Query.user', 'User.authenticators')],
  EnrolmentDue: [{ via: ['Query.viewer', 'Viewer.enrol'], hiddenLike: 'Viewer.kind' }],
  KnownDevice: [via('Query.user', 'User.devices')],
  TotpEnrolment: [via('Mutation.beginTotpEnrolment')],
  PasskeyCreation: [via('Mutation.beginPasskeyEnrolment')],
  PasskeyRequest: [via('Mutation.beginPasskeySignIn')],
  PasskeyRules: [via('Query.signInOptions', 'SignInOptions.passkeys')],
  RecoveryCodes: [via('Mutation.regenerateRecoveryCodes')],
  StepUpChallenge: [via('Mutation.beginStepUp')],
  SecondFactorRequired: [via('Mutation.signInWithFactor')],
  PasswordRules: [via('Query.signInOptions', 'SignInOptions.password')],
  SignedIn: [via('Mutation.signIn'), via('Mutation.refreshSession')],
  VerificationSent: [via('Mutation.signUp')],
  Tokens: [via('Mutation.signIn', 'SignedIn.tokens')],
  _Service: [via('Query._service')],
}

/** Of the shape of a one-time token, and nobody's: what is redeemed for one is tested with mails. */
const noToken = 'A'.repeat(43)

/** The arguments of every field that needs some. `$user` and `$session` are asked for twice: one's own, somebody else's. */
const argumentsOf: Readonly<Record<string, string>> = {
  'Query.user': 'id: $user',
  'Query.suspendedUser': 'id: $suspended',
  'Query.session': 'id: $session',
  'Query._entities': 'representations: $userReference',
  'Query.explainPolicy': 'operation: "{ me { id } }"',
  'Viewer.can': 'permission: "profile:update"',
  'Mutation.signUp': 'input: { email: $newEmail, password: $password }',
  'Mutation.verifyEmail': `input: { token: "${noToken}", password: $password }`,
  'Mutation.resendVerification': 'input: { email: $email }',
  'Mutation.requestPasswordReset': 'input: { email: $email }',
  'Mutation.resetPassword': `input: { token: "${noToken}", newPassword: "a rather long new one, 4711" }`,
  'Mutation.changeEmail': 'input: { newEmail: $newEmail }',
  'Mutation.confirmEmailChange': `input: { token: "${noToken}" }`,
  'Mutation.disownSession': `input: { token: "${noToken}" }`,
  'Mutation.signIn': 'input: { email: $email, password: $password }',
  'Mutation.signInWithFactor': 'input: { email: $enrolledEmail, password: $password }',
  'Mutation.completeSecondFactor': `input: { challenge: "${noToken}", totp: "123456" }`,
  'Mutation.completeStepUp': `input: { challenge: "${noToken}", totp: "123456" }`,
  'Mutation.completePasskeySignIn': `input: { challenge: "${noToken}", credential: {} }`,
  'Mutation.completePasskeyEnrolment': `input: { challenge: "${noToken}", credential: {} }`,
  'Mutation.confirmTotpEnrolment': 'input: { code: "123456" }',
  'Mutation.renameAuthenticator': 'id: $authenticator, name: "Phone"',
  'Mutation.removeAuthenticator': 'id: $authenticator',
  'Mutation.forgetDevice': 'id: $device',
  'Mutation.resetUserAuthenticators': 'id: $user',
  'Mutation.refreshSession': 'input: { refreshToken: $refreshToken }',
  'Mutation.signOut': 'input: { refreshToken: $refreshToken }',
  'Mutation.signOutEverywhere': 'input: { includeCurrent: true }',
  'Mutation.revokeSession': 'id: $session',
  'Mutation.revokeUserSessions': 'id: $user',
  'Mutation.setUserRoles': 'id: $user, roles: ["support"]',
  'Mutation.setUserAttributes': 'id: $user, attributes: { floor: 3 }',
  'Mutation.suspendUser': 'id: $user, reason: "Sold the silver."',
  'Mutation.reinstateUser': 'id: $suspended',
  'Mutation.updateProfile': 'input: { displayName: "Ada" }',
  'Mutation.inviteUser': 'input: { email: $newEmail }',
  'Mutation.deleteAccount': 'input: { confirmEmail: $ownEmail }',
  'Mutation.changePassword': 'input: { currentPassword: $password, newPassword: "a rather long new one, 4711" }',
}

/** What a field says to whom authorization lets in, where that is no success. */
export const otherAnswers: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // Nobody suspends themselves.
  'Mutation.suspendUser': { own: 'BAD_USER_INPUT' },
  'Mutation.resetUserAuthenticators': { own: 'BAD_USER_INPUT' },
  // Nothing was begun that could be completed.
  'Mutation.completeSecondFactor': { 'one’s own by nature': 'UNAUTHENTICATED' },
  'Mutation.completeStepUp': { 'one’s own by nature': 'UNAUTHENTICATED' },
  'Mutation.completePasskeySignIn': { 'one’s own by nature': 'UNAUTHENTICATED' },
  'Mutation.completePasskeyEnrolment': { 'one’s own by nature': 'UNAUTHENTICATED' },
  'Mutation.confirmTotpEnrolment': { 'one’s own by nature': 'CONFLICT' },
  // By the policy of the service itself nothing is due to anybody: `null`, and no error.
  'EnrolmentDue.methods': { 'one’s own by nature': 'hidden' },
  'EnrolmentDue.dueAt': { 'one’s own by nature': 'hidden' },
  // Anybody may try, and nobody has such a token.
  'Mutation.verifyEmail': { 'one’s own by nature': 'UNAUTHENTICATED' },
  'Mutation.resetPassword': { 'one’s own by nature': 'UNAUTHENTICATED' },
  'Mutation.confirmEmailChange': { 'one’s own by nature': 'UNAUTHENTICATED' },
  'Mutation.disownSession': { 'one’s own by nature': 'UNAUTHENTICATED' },
}

const variableTypes: Readonly<Record<string, string>> = {
  user: 'ID!',
  suspended: 'ID!',
  session: 'ID!',
  authenticator: 'ID!',
  device: 'ID!',
  enrolledEmail: 'EmailAddress!',
  userReference: '[_Any!]!',
  email: 'EmailAddress!',
  newEmail: 'EmailAddress!',
  ownEmail: 'EmailAddress!',
  password: 'String!',
  refreshToken: 'String!',
}

/** Steps that are named apart because they are asked with other arguments. */
const asked: Readonly<Record<string, string>> = {
  'Query.suspendedUser': 'Query.user',
  'Mutation.signInWithFactor': 'Mutation.signIn',
}

/** One operation that asks for one field, on one route. */
export interface Operation {
  readonly text: string
  /** The names in the answer that lead to the field, the field included. */
  readonly path: readonly string[]
  /** `Type.field`, one for each name of the path. */
  readonly along: readonly string[]
  readonly variables: readonly string[]
  readonly isMutation: boolean
}

export function operationFor(schema: GraphQLSchema, field: string, { via: way }: Route): Operation {
  const steps = [...way, field]
  const along = steps.map((step) => asked[step] ?? step)
  const selection = steps.reduceRight(
    (inner, step, index) => selectionOf(schema, { step, at: along[index] ?? '', inner, next: along[index + 1] }),
    '',
  )
  const variables = Object.keys(variableTypes).filter((name) => new RegExp(`\\$${name}\\b`).test(selection))
  const declared = variables.map((name) => `$${name}: ${variableTypes[name]}`).join(', ')
  const isMutation = along[0]?.startsWith('Mutation.') === true
  return {
    text: `${isMutation ? 'mutation' : 'query'} ${declared === '' ? '' : `(${declared}) `}{ ${selection} }`,
    path: along.map((step) => step.split('.')[1] ?? ''),
    along,
    variables,
    isMutation,
  }
}

interface Step {
  readonly step: string
  readonly at: string
  readonly inner: string
  readonly next: string | undefined
}

function selectionOf(schema: GraphQLSchema, { step, at, inner, next }: Step): string {
  const [typeName = '', name = ''] = at.split('.')
  const parent = schema.getType(typeName)
  const type = isObjectType(parent) ? parent.getFields()[name]?.type : undefined
  if (type === undefined) throw new Error(`There is no field ${at}; a route leads through it`)
  const given = argumentsOf[step] === undefined ? '' : `(${argumentsOf[step]})`
  const named = getNamedType(type)
  if (!isCompositeType(named)) return `${name}${given}`
  if (inner === '') return `${name}${given} { __typename }`
  const nextType = next?.split('.')[0]
  return `${name}${given} { ${isAbstractType(named) ? `... on ${nextType} { ${inner} }` : inner} }`
}
