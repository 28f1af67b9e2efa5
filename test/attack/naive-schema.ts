import { makeExecutableSchema } from '@graphql-tools/schema'
import type { GraphQLResolveInfo } from 'graphql'
import type { Has } from './defects.js'
import { refusal, type NaiveIdentity, type Tokens, type User } from './naive-identity.js'

type Caller = Awaited<ReturnType<NaiveIdentity['callerOf']>>

export interface NaiveContext {
  readonly caller: Caller
  readonly issuer: string
  readonly forwardedFor: string | undefined
  readonly mayUseCookies: boolean
  readonly setCookies: (tokens: Tokens['tokens']) => void
}

const typeDefs = (extraInput: string) => /* GraphQL */ `
  scalar _Any
  interface Node { id: ID! }
  type User implements Node {
    id: ID!
    email: String
    displayName: String
    roles: [String!]
    role: Role
    passwordHash: String
    session: Session
  }
  type Session implements Node { id: ID! createdAt: String user: User }
  type UserEdge { node: User! }
  type UserConnection { edges: [UserEdge!]! }
  union _Entity = User
  type _Service { sdl: String! }
  type Tokens { accessToken: String! refreshToken: String! expiresIn: Int }
  type SignedIn { user: User! session: Session! tokens: Tokens }
  type VerificationSent { email: String! }
  union SignUpResult = SignedIn | VerificationSent
  enum Role { MEMBER ADMIN }
  enum Delivery { BODY COOKIE }
  input SignUpInput { email: String! password: String! displayName: String ${extraInput} }
  input SignInInput { email: String! password: String! delivery: Delivery = BODY }
  input RefreshInput { refreshToken: String }
  input ChangePasswordInput { currentPassword: String! newPassword: String! }
  input EmailInput { email: String! }
  input UpdateProfileInput { displayName: String ${extraInput} }
  type Query {
    me: User
    user(id: ID!): User
    users: UserConnection
    session(id: ID!): Session
    node(id: ID!): Node
    _entities(representations: [_Any!]!): [_Entity]!
    _service: _Service
  }
  type Mutation {
    signUp(input: SignUpInput!): SignUpResult
    signIn(input: SignInInput!): SignedIn
    refreshSession(input: RefreshInput): SignedIn
    signOut: Boolean
    changePassword(input: ChangePasswordInput!): Boolean
    requestPasswordReset(input: EmailInput!): Boolean
    updateProfile(input: UpdateProfileInput!): User
    revokeSession(id: ID!): Session
  }
`

type Args<Input> = { input: Input }
/** Marks an object that came by a way on which nobody thought of the guard. */
type Unguarded<Value> = Value & { unguarded?: boolean }

export function naiveSchema(has: Has, identity: NaiveIdentity) {
  const { users, sessions } = identity
  const opened = has('copies-the-input') || has('takes-any-input-and-drops-it')
  const extraInput = has('copies-an-enum') ? 'role: Role' : ''

  const demand = (caller: Caller): NonNullable<Caller> => {
    if (caller === null) throw refusal('UNAUTHENTICATED', 'Sign in to do this.')
    return caller
  }

  function visibleUser(id: string, caller: Caller): User | null {
    const user = users.get(id)
    if (user === undefined || has('closed-to-all')) throw refusal('NOT_FOUND', 'Not found.')
    if (user.id === caller?.user.id || has('gives-foreign-objects') || has('guards-the-name-of-the-field')) return user
    throw has('forbidden-for-foreign') ? refusal('FORBIDDEN', 'This is not yours.') : refusal('NOT_FOUND', 'Not found.')
  }

  function ownSession(id: string, caller: Caller) {
    const session = sessions.get(id)
    if (session === undefined) throw refusal('NOT_FOUND', 'Not found.')
    if (session.userId === demand(caller).user.id || has('gives-foreign-objects')) return session
    throw has('forbidden-for-foreign') ? refusal('FORBIDDEN', 'This is not yours.') : refusal('NOT_FOUND', 'Not found.')
  }

  function entity(representation: unknown, caller: Caller): Unguarded<User> | null {
    const { id } = representation as { id: unknown }
    if (has('merges-prototypes')) merge(Object.create(shared), representation)
    if (typeof id !== 'string') {
      // What `Model.findOne({ _id: id })` would do with it.
      return has('keys-are-queries') && typeof id === 'object' && id !== null ? ([...users.values()][0] ?? null) : null
    }
    const user = users.get(id)
    if (user === undefined) return null
    if (has('entities-for-everybody')) return { ...user, unguarded: true }
    if (user.id === caller?.user.id) return user
    if (has('entities-tell-foreign-from-absent')) throw refusal('FORBIDDEN', 'This is not yours.')
    return null
  }

  const email = (user: Unguarded<User>, _args: unknown, { caller }: NaiveContext, { path }: GraphQLResolveInfo) => {
    const isOpen = user.unguarded === true || has('gives-foreign-objects') || has('guards-the-root-field-only')
    if (isOpen || user.id === caller?.user.id) return user.email
    if (has('guards-the-name-of-the-field') && path.key !== 'email') return user.email
    throw refusal('FORBIDDEN', 'You may not do this.')
  }

  const resolvers = {
    Node: { __resolveType: (node: { email?: string }) => (node.email === undefined ? 'Session' : 'User') },
    _Entity: { __resolveType: () => 'User' },
    SignUpResult: { __resolveType: (result: object) => ('tokens' in result ? 'SignedIn' : 'VerificationSent') },
    User: {
      email,
      passwordHash: (user: User) => (has('answers-the-hash') ? user.hash : null),
      session: (_user: User, _args: unknown, { caller }: NaiveContext) => caller?.session ?? null,
    },
    Session: {
      createdAt: () => '2030-01-01T00:00:00Z',
      user: (_session: unknown, _args: unknown, { caller }: NaiveContext) => caller?.user ?? null,
    },
    Query: {
      me: (_root: unknown, _args: unknown, { caller }: NaiveContext) => caller?.user ?? null,
      user: (_root: unknown, { id }: { id: string }, { caller }: NaiveContext) => visibleUser(id, caller),
      users: (_root: unknown, _args: unknown, { caller }: NaiveContext) => {
        if (!has('lists-everybody')) throw refusal('FORBIDDEN', 'You may not do this.')
        demand(caller)
        return { edges: [...users.values()].map((user) => ({ node: { ...user, unguarded: true } })) }
      },
      session: (_root: unknown, { id }: { id: string }, { caller }: NaiveContext) => ownSession(id, caller),
      node: (_root: unknown, { id }: { id: string }, { caller }: NaiveContext) =>
        has('guards-the-root-field-only') ? (users.get(id) ?? null) : visibleUser(id, caller),
      _entities: (_root: unknown, { representations }: { representations: unknown[] }, { caller }: NaiveContext) => {
        if (has('closed-to-all')) throw refusal('FORBIDDEN', 'You may not do this.')
        if (representations.length > 1_000 && !has('any-number-of-keys')) throw refusal('BAD_USER_INPUT', 'Too many.')
        return representations.map((representation) => entity(representation, caller))
      },
      _service: () => {
        if (has('sdl-for-everybody')) return { sdl: 'type Query { me: User }' }
        throw refusal('FORBIDDEN', 'You may not do this.')
      },
    },
    Mutation: {
      signUp: (_root: unknown, { input }: Args<Record<string, unknown>>, { issuer }: NaiveContext) =>
        identity.signUp(input, issuer),
      async signIn(
        _root: unknown,
        { input }: Args<{ email: string; password: string; delivery: string }>,
        context: NaiveContext,
      ) {
        const isByCookie = input.delivery === 'COOKIE'
        if (isByCookie && !context.mayUseCookies) throw refusal('FORBIDDEN', 'Not from this page.')
        const signedIn = await identity.signIn(input.email, input.password, context.forwardedFor, context.issuer)
        if (isByCookie) context.setCookies(signedIn.tokens)
        return isByCookie ? { ...signedIn, tokens: null } : signedIn
      },
      refreshSession: (_root: unknown, { input }: Args<{ refreshToken: string }>, { issuer }: NaiveContext) =>
        identity.refresh(input.refreshToken, issuer),
      signOut: (_root: unknown, _args: unknown, { caller }: NaiveContext) => identity.signOut(demand(caller).session),
      changePassword(
        _root: unknown,
        { input }: Args<{ currentPassword: string; newPassword: string }>,
        { caller }: NaiveContext,
      ) {
        const { user, session } = demand(caller)
        return identity.changePassword(user, session, input.currentPassword, input.newPassword)
      },
      requestPasswordReset(_root: unknown, { input }: Args<{ email: string }>) {
        if (identity.userOf(input.email) === undefined && has('reset-says-that-nobody-is-there')) {
          throw refusal('UNKNOWN_USER', 'There is no such user.')
        }
        return true
      },
      updateProfile(_root: unknown, { input }: Args<{ displayName?: string }>, { caller }: NaiveContext) {
        const { user } = demand(caller)
        if (has('copies-the-input')) return Object.assign(user, { ...input, id: user.id })
        user.displayName = input.displayName ?? null
        return user
      },
      revokeSession(_root: unknown, { id }: { id: string }, { caller }: NaiveContext) {
        const session = ownSession(id, caller)
        session.ended = true
        return session
      },
    },
  }
  return makeExecutableSchema({ typeDefs: typeDefs(opened ? 'roles: [String!]' : extraInput), resolvers })
}

/** Stands in for `Object.prototype`, which the tests are to keep as it is. */
export const shared: Record<string, unknown> = {}

function merge(target: Record<string, unknown>, source: unknown): void {
  for (const [key, value] of Object.entries(source as object)) {
    const inside = target[key]
    if (typeof inside === 'object' && inside !== null && typeof value === 'object') merge(inside as never, value)
    else if (key !== 'constructor') target[key] = value
  }
}
