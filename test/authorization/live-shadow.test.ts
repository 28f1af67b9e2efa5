import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { signUp, type SignedInPerson } from '../support/people.js'
import { startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'

function fileWith(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'portcullis-')), 'policy.yaml')
  writeFileSync(path, text)
  return path
}

let server: TestPortcullis
let ada: SignedInPerson
beforeAll(async () => {
  server = await startTestPortcullis({
    POLICY_FILE: fileWith('roles: { member: { can: [user:read@own, session:*@own] }, admin: { can: [user:*] } }'),
    SHADOW_POLICY_FILE: fileWith(
      'roles: { member: { can: [user:read@own, audit:read@own] }, admin: { can: [user:*] } }',
    ),
    METRICS_PORT: '0',
  })
  ada = await signUp(server.ask)
})
afterAll(() => server.close())

test('The policy of a file is enforced, the one in its shadow is not', async () => {
  const query = '{ me { email sessions { totalCount } } auditEvents { totalCount } viewer { permissions } }'
  const answer = await server.ask(query, { token: ada.accessToken })
  expect(answer.data).toEqual({
    me: { email: ada.email, sessions: { totalCount: 1 } },
    auditEvents: null,
    viewer: { permissions: ['session:read@own', 'session:revoke@own', 'user:read@own'] },
  })
})

test('Where the two differ is counted, and logged once', async () => {
  await server.ask('{ a: auditEvents { totalCount } b: auditEvents { totalCount } }', { token: ada.accessToken })
  const metrics = await (await fetch(`${server.metricsUrl}/metrics`)).text()
  expect(metrics).toContain(
    'authz_shadow_differences_total{field="User.sessions",enforced="ALLOWED",shadow="FORBIDDEN"} 1',
  )
  expect(metrics).toContain('{field="Query.auditEvents",enforced="FORBIDDEN",shadow="ALLOWED"} 3')
  const logged = server
    .logged()
    .split('\n')
    .filter((line) => line.includes('shadow policy'))
  expect(logged).toHaveLength(2)
  expect(logged.join('\n')).toContain('"coordinate":"Query.auditEvents","enforced":"FORBIDDEN","shadow":null')
  expect(logged.join('\n')).not.toContain(ada.userId)
})

test('Metrics are served on their own port alone', async () => {
  expect((await fetch(`${server.url}/metrics`)).status).toBe(404)
  expect((await fetch(`${server.metricsUrl}/graphql`)).status).toBe(404)
})

test('A policy that is wrong is a refusal to start, with file, place and remedy', async () => {
  const path = fileWith('roles: { member: { can: [user:raed] } }')
  for (const name of ['POLICY_FILE', 'SHADOW_POLICY_FILE']) {
    await expect(startTestPortcullis({ [name]: path })).rejects.toThrow(
      `${path} role member: "user:raed" matches no declared permission. Declare it`,
    )
  }
})

test('Routers can be spared the directives that some of them do not know', async () => {
  const plain = await startTestPortcullis({ ROUTER_DIRECTIVES: 'off' })
  const sdl = async ({ ask }: TestPortcullis) => (await ask('{ _service { sdl } }')).data._service.sdl
  expect(await sdl(server)).toContain('@authenticated')
  expect(await sdl(plain)).not.toContain('@authenticated')
  await plain.close()
})
