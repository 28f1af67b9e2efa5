import { describe, expect, test } from '@jest/globals'
import { PolicyInvalid } from '../../src/authorization/index.js'
import { servicePolicy } from '../../src/service-policy.js'
import { defaultPolicy } from '../../src/policy.js'
import { subjectOf } from '../authorization/scenario.js'

const path = 'policy.yaml'
const smallest = 'roles: { member: { can: [session:read@own] }, admin: { can: [user:*] } }'
/** With these, a demand for a second factor of `asked`. */
const demanding = (roles: string, asked = '') =>
  `roles: { member: { can: [authenticator:manage@own] }, admin: { inherits: [member], can: [user:*] }, ${roles} }
attributes: { on: boolean }
secondFactor: { required: [{ ${asked} }] }`

test('Without a file the service has its own policy', () => {
  expect(servicePolicy(null)).toBe(defaultPolicy)
})

describe('A policy file', () => {
  test('says what the roles may do', () => {
    const policy = servicePolicy({ path, text: `${smallest}\n` })
    expect(policy.holdingsOf(subjectOf('usr_ada', ['member'])).permissions).toEqual(['session:read@own'])
    expect([...policy.roles]).toEqual(['member', 'admin'])
  })

  test('may be JSON', () => {
    const text = '{ "roles": { "member": { "can": ["user:*@own"], "inherits": [] }, "admin": { "can": ["user:*"] } } }'
    expect(
      servicePolicy({ path, text })
        .holdingsOf(subjectOf('usr_ada', ['member']))
        .holdsOwn('user:read'),
    ).toBe(true)
  })

  test('may name the permissions of other subgraphs, and conditions on attributes', () => {
    const text = `
permissions: [order:read, user:read]
elsewhere: [order:cancel]
attributes: { region: string }
properties: { order: { status: string } }
roles:
  member: {}
  admin: { can: [user:*] }
  clerk:
    inherits: [member]
    can:
      - order:read
      - { permission: order:cancel, where: { status: open } }
      - { permission: user:read, when: { region: eu } }
`
    const policy = servicePolicy({ path, text })
    const clerk = subjectOf('usr_ada', ['clerk'], { attributes: { region: 'eu' } })
    expect(policy.holdingsOf(clerk).permissions).toEqual(['order:cancel@where', 'order:read', 'user:read'])
    expect(policy.permissions).toEqual(defaultPolicy.permissions)
  })

  test('cannot refuse owners who come back by a new password', () => {
    const refusing = (score: number) => () =>
      servicePolicy({ path, text: `${smallest}\nrisk: { secondFactor: 60, refuse: ${score} }` })
    expect(refusing(60)).toThrow(/risk refuse.*61 or more/s)
    expect(refusing(61)()).toMatchObject({ definition: { risk: { refuse: 61 } } })
  })

  test('cannot leave out a step-up that we ask for, and may make it stricter', () => {
    const kept = servicePolicy({ path, text: smallest })
    for (const permission of defaultPolicy.permissions) {
      expect(kept.needOf(permission)).toEqual(defaultPolicy.needOf(permission))
    }
    const stricter = servicePolicy({
      path,
      text: `${smallest}\nstepUp: { user:read: { assurance: AAL2, maxAge: 1m }, user:assign-roles: { assurance: AAL2, maxAge: 1m } }`,
    })
    expect(stricter.needOf('user:read')).toEqual({ assurance: 'aal2', maxAgeMs: 60_000 })
  })

  test('demands second factors, and leaves everybody the way to one', () => {
    const can = 'can: [user:*, authenticator:*]'
    const roles = `{ member: { can: [session:read@own] }, admin: { ${can} }, chief: { inherits: [admin] } }`
    const text = `roles: ${roles}\nsecondFactor: { required: [{ roles: [admin], grace: 7d }], meanwhile: [policy:read] }`
    const policy = servicePolicy({ path, text })
    expect(policy.definition.secondFactor).toEqual({
      required: [{ roles: ['admin'], grace: '7d' }],
      meanwhile: [...(defaultPolicy.definition.secondFactor?.meanwhile ?? []), 'policy:read'],
    })
    expect(servicePolicy({ path, text: smallest }).definition.secondFactor).toEqual(
      defaultPolicy.definition.secondFactor,
    )
  })

  test.each([
    [
      'demands a second factor of nobody there is',
      `${smallest}\nsecondFactor: { required: [{ roles: [ghost] }] }`,
      /policy\.yaml secondFactor: names "ghost", which is no role/,
    ],
    [
      'demands one of a role that cannot add it',
      demanding('auditor: { can: [audit:read] }', 'roles: [auditor]'),
      /policy\.yaml role auditor: must have a second factor and cannot add one\. Inherit from member, or give it authenticator:manage@own/,
    ],
    [
      'demands one of a role that inherits from one',
      demanding('other: {}, heir: { inherits: [other] }', 'roles: [other]'),
      /policy\.yaml role heir: must have a second factor and cannot add one/,
    ],
    [
      'demands one of everybody, and some role cannot add it',
      demanding('clerk: { can: [audit:read] }'),
      /role clerk: must have a second factor/,
    ],
    [
      'demands one by an attribute, and some role adds it on a condition only',
      demanding(
        'clerk: { can: [{ permission: authenticator:manage@own, when: { on: true } }] }',
        'attributes: { on: true }',
      ),
      /role clerk: must have a second factor/,
    ],
    [
      'wants a second factor of whoever adds the first',
      `${smallest}\nstepUp: { authenticator:manage: { assurance: AAL2, maxAge: 5m } }`,
      /policy\.yaml stepUp authenticator:manage: nobody could add a first factor\. Say HIGHEST_ENROLLED/,
    ],
    ['is neither JSON nor YAML', 'roles:\n  {', /policy\.yaml line 2: cannot be read as JSON or YAML/],
    ['is a text', 'hello', /policy\.yaml policy: expected object/],
    ['has no roles', '{}', /policy\.yaml roles: expected record/],
    ['has a role of the wrong shape', 'roles: { a: { can: 1 } }', /policy\.yaml roles\.a\.can: expected array/],
    ['misspells a key', `roels: {}\n${smallest}`, /policy\.yaml policy: Unrecognized key: "roels"/],
    [
      'grants what there is not',
      'roles: { member: { can: [a:b] } }',
      /policy\.yaml role member: "a:b" matches no declared/,
    ],
    ['forgets the role of new accounts', 'roles: { admin: { can: [user:*] } }', /policy\.yaml role member: is missing/],
    ['has nobody who could give roles', 'roles: { member: {} }', /policy\.yaml roles: no role holds user:assign-roles/],
    [
      'gives that on a condition only',
      'attributes: { x: string }\nroles: { member: { can: [{ permission: user:*, when: { x: y } }] } }',
      /policy\.yaml roles: no role holds user:assign-roles/,
    ],
    [
      'asks for an older proof than we do',
      `${smallest}\nstepUp: { user:assign-roles: { maxAge: 1h } }`,
      /policy\.yaml stepUp user:assign-roles: asks for less/,
    ],
    ['asks for no age at all', `${smallest}\nstepUp: { user:assign-roles: {} }`, /user:assign-roles: asks for less/],
    ['hides a condition', `${smallest}\nattributes: { __proto__: string }`, /policy\.yaml file: has the key __proto__/],
    ['speaks an older YAML', `%YAML 1.1\n---\n${smallest}`, /policy\.yaml line 1: asks for another version of YAML/],
    ['says a thing twice', `${smallest}\n${smallest}`, /policy\.yaml line 2: cannot be read/],
    ['is a bomb of aliases', 'a: &a [x, x]\nb: [*a, *a]\nroles: {}', /policy\.yaml file: repeats a part of itself/],
  ])('is refused when it %s', (_name, text, message) => {
    expect(() => servicePolicy({ path, text })).toThrow(PolicyInvalid)
    expect(() => servicePolicy({ path, text })).toThrow(message)
  })
})
