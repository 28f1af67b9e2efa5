import { Misuse } from './misuse.js'

/**
 * The operations that are attacked, as the text of one root field each. Ours by default; `--operations FILE` names
 * those of another server. `$name` becomes a value written out as a string, so that no type has to be known;
 * `$extra` is where more fields of the input are tried.
 */
const signedIn = '{ ... on SignedIn { user { id } session { id } tokens { accessToken refreshToken expiresIn } } }'

export const defaultOperations = {
  signUp: `signUp(input: { email: $email, password: $password, displayName: "Throw Away"$extra }) ${signedIn}`,
  signIn: `signIn(input: { email: $email, password: $password }) ${signedIn}`,
  signInByCookie: `signIn(input: { email: $email, password: $password, delivery: COOKIE }) ${signedIn}`,
  me: 'me { id email }',
  refresh:
    'refreshSession(input: { refreshToken: $refreshToken }) { session { id } tokens { accessToken refreshToken expiresIn } }',
  signOut: 'signOut',
  changePassword: 'changePassword(input: { currentPassword: $password, newPassword: $newPassword })',
  requestPasswordReset: 'requestPasswordReset(input: { email: $email })',
  updateProfile: 'updateProfile(input: { displayName: $displayName$extra }) { id }',
  user: 'user(id: $id) { id email }',
  users: 'users { edges { node { id email } } }',
  session: 'session(id: $id) { id createdAt }',
  revokeSession: 'revokeSession(id: $id) { id }',
} as const

export type OperationName = keyof typeof defaultOperations
export type Operations = Readonly<Record<OperationName, string>>

/** The text of the field with its values written out. `$extra` is text, everything else a string. */
export function written(template: string, values: Readonly<Record<string, string>> = {}): string {
  return template.replace(/\$(\w+)/g, (_whole, name: string) => {
    if (name === 'extra') return values.extra ?? ''
    return JSON.stringify(values[name] ?? '')
  })
}

/** @throws Misuse when the file is not a map of our names to text */
export function readOperations(json: unknown): Operations {
  const given = Object.entries(json ?? {})
  const unknown = given.find(([name, text]) => !(name in defaultOperations) || typeof text !== 'string')
  if (unknown !== undefined) {
    throw new Misuse(`"${unknown[0]}" is no operation: there are ${Object.keys(defaultOperations).join(', ')}.`)
  }
  return { ...defaultOperations, ...Object.fromEntries(given) }
}

/** The field without its selection, for another one: what stands before the first brace that is not in an argument. */
export const headOf = (field: string): string => field.replace(/\{(?![^(]*\))[^]*$/, '')
