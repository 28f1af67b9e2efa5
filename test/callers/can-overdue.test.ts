/** As `can.test.ts`, for people who are overdue with a second factor that the policy wants, and for their machines. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { ownAccess } from '../../src/access-control.js'
import { door } from '../../src/door.js'
import { defaultPolicy } from '../../src/policy.js'
import { servicePolicy } from '../../src/service-policy.js'
import { asMachine, httpAsker, inProcessAsker, type Asker } from '../matrix/askers.js'
import { inParallel, refusals } from '../matrix/compare.js'
import { operationFor } from '../matrix/routes.js'
import { appOf, deviceOf, rulesFor, unlessBusy } from '../matrix/world.js'
import { goodPassword, newEmail } from '../support/people.js'
import { startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'

const { roles } = defaultPolicy.definition
const text = JSON.stringify({ roles, secondFactor: { required: [{ roles: ['member'], grace: '7d' }] } })
const path = join(mkdtempSync(join(tmpdir(), 'portcullis-')), 'policy.json')
writeFileSync(path, text)
const policy = servicePolicy({ path, text })
const rules = rulesFor(policy)
const { schema } = ownAccess(policy)

let server: TestPortcullis
beforeAll(async () => {
  server = await startTestPortcullis({ POLICY_FILE: path })
})
afterAll(() => server.close())

const named = [...door.lines].flatMap(([root, lines]) =>
  [...lines].flatMap(([name, { permission }]) =>
    permission === undefined
      ? []
      : [
          {
            permission: permission.replace(/@own$/, ''),
            operation: operationFor(schema, `${root}.${name}`, { via: [] }),
          },
        ],
  ),
)
const ids = ['own', 'foreign', 'absent'] as const
const kinds = [...policy.roles].flatMap((role) => [role, `${role}'s machine`])
const spared = ['authenticator:manage', 'authenticator:read', 'session:read', 'session:revoke', 'user:read']

/** Somebody whose time was over before this session began. */
async function overdue(role: string) {
  const { app } = server
  const [user] = await app.accounts.provision([{ email: newEmail(), password: goodPassword, roles: [role] }])
  if (user === undefined) throw new Error('Nobody was made')
  const { connection } = app.database
  const users = connection.collection<{ _id: string }>('users')
  await users.updateOne({ _id: user.id }, { $set: { secondFactorDueAt: new Date(Date.now() - 1) } })
  const owner = (await app.users.find(user.id)) ?? user
  const device = { name: 'test', ipPrefix: null }
  const started = await app.sessions.start({ user: owner, assurance: 'aal1', device, delivery: 'body' })
  return { owner, sessionId: started.session.id, accessToken: started.access.accessToken }
}

type Account = Awaited<ReturnType<typeof overdue>>

const standing = new Map<string, Promise<Account>>()
/** Whoever is refused is none the worse for it, and need be nobody new. */
function somebody(role: string, permission: string, which: 'own' | 'other'): Promise<Account> {
  if (spared.includes(permission)) return overdue(role)
  const known = standing.get(`${which} ${role}`) ?? overdue(role)
  standing.set(`${which} ${role}`, known)
  return known
}

function askerFor(kind: string, { owner, accessToken }: Account): Asker {
  if (!kind.endsWith('machine')) return httpAsker(server.ask, accessToken)
  return inProcessAsker(server.app, asMachine(owner, policy), rules)
}

const reasonFor: Readonly<Record<string, string>> = {
  FORBIDDEN: 'MISSING_PERMISSION',
  STEP_UP_REQUIRED: 'STEP_UP',
  NOT_FOUND: 'NOT_OWNER',
}
const canQuery =
  'query ($permission: String!, $id: ID) { viewer { can(permission: $permission, id: $id) { allowed reason } } }'

test('can says what becomes of the operation, also to whoever is overdue', async () => {
  const questions = named.flatMap(({ permission, operation }) => {
    const takesId = ['user', 'suspended', 'session'].some((name) => operation.variables.includes(name))
    return kinds.flatMap((kind) =>
      (takesId ? ids : ([null] as const)).map((whose) => ({ permission, operation, kind, whose })),
    )
  })
  const different: string[] = []
  const given = new Set<string>()
  await inParallel(8, questions, async ({ permission, operation, kind, whose }) => {
    const [own, other] = await unlessBusy(() =>
      Promise.all([
        somebody(kind.replace("'s machine", ''), permission, 'own'),
        somebody('member', permission, 'other'),
      ]),
    )
    const isOfSession = operation.variables.includes('session')
    const idOf = ({ sessionId, owner }: Account) => (isOfSession ? sessionId : owner.id)
    const absent = `${isOfSession ? 'ses' : 'usr'}_${'0'.repeat(26)}`
    const id = whose === null ? null : { own: idOf(own), foreign: idOf(other), absent }[whose]
    const asks = askerFor(kind, own)
    const { allowed, reason } = (await asks(canQuery, { permission, id })).data.viewer.can
    const all: Record<string, unknown> = {
      user: id,
      suspended: id,
      session: id,
      password: goodPassword,
      newEmail: newEmail(),
      ownEmail: own.owner.email,
      authenticator: appOf({ userId: own.owner.id }),
      device: deviceOf({ userId: own.owner.id }),
    }
    const variables = Object.fromEntries(operation.variables.map((name) => [name, all[name]]))
    const code = (await asks(operation.text, variables)).errors[0]?.code ?? ''
    // Nobody here has an app or a device, and nobody has begun to add a passkey.
    const isAbsent = ['authenticator', 'device'].some((name) => operation.variables.includes(name))
    const isNoChallenge = code === 'UNAUTHENTICATED' && operation.text.includes('challenge:')
    const isFact = (code === 'NOT_FOUND' && isAbsent) || isNoChallenge
    const answer = refusals.includes(code) && !isFact ? (reasonFor[code] ?? code) : 'allowed'
    const said = allowed ? 'allowed' : reason
    given.add(said)
    const sentence = `${permission} by ${operation.along[0]}, ${kind}, ${whose}: ${said}, ${answer}`
    if (said !== answer) different.push(sentence)
    // What nobody is spared is done by nobody, and by a machine nothing is.
    if (answer === 'allowed' && (!spared.includes(permission) || kind.endsWith('machine'))) different.push(sentence)
  })
  expect(different).toEqual([])
  expect([...given].toSorted()).toEqual(['MISSING_PERMISSION', 'NOT_OWNER', 'STEP_UP', 'allowed'])
}, 120_000)
