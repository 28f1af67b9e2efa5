import { goodPassword, newEmail, refresh, signIn, type SignedInPerson } from '../support/people.js'
import type { TestPortcullis } from '../support/portcullis.js'

/** A new account with these roles, signed in just now. */
export async function somebody({ app, ask }: TestPortcullis, roles: readonly string[] = ['member']) {
  const email = newEmail()
  await app.accounts.provision([{ email, password: goodPassword, displayName: 'Ada Lovelace', roles }])
  return signIn(ask, { email, password: goodPassword })
}

/** The same session with an access token that says that the proof was given an hour ago. */
export async function provenLongAgo({ app, ask }: TestPortcullis, person: SignedInPerson): Promise<string> {
  const sessions = app.database.connection.collection<{ _id: string }>('sessions')
  const authenticatedAt = new Date(Date.now() - 3_600_000)
  await sessions.updateOne({ _id: person.sessionId }, { $set: { authenticatedAt } })
  return (await refresh(ask, person.refreshToken)).data.refreshSession.tokens.accessToken
}

/** Every document of every collection of the database. */
export async function everythingIn({ app }: TestPortcullis): Promise<Record<string, unknown[]>> {
  const { connection } = app.database
  const names = (await connection.listCollections()).map(({ name }) => name)
  const found = await Promise.all(names.map(async (name) => [name, await connection.collection(name).find().toArray()]))
  return Object.fromEntries(found) as Record<string, unknown[]>
}
