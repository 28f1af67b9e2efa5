import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { definePolicy } from '../../src/authorization/index.js'
import type { Person } from '../../src/kernel/caller.js'
import { DomainError } from '../../src/kernel/errors.js'
import type { Subject } from '../../src/kernel/subject.js'
import { defaultPolicy } from '../../src/policy.js'
import { LastAdministrator } from '../../src/users/last-administrator.js'
import { startTestAdministration, type TestAdministration } from '../support/administration.js'

const rounds = 20

let world: TestAdministration
beforeAll(async () => {
  world = await startTestAdministration(defaultPolicy)
})
afterAll(() => world.close())
beforeEach(clear)

/** Of earlier rounds nobody is left who could count. */
async function clear(): Promise<void> {
  await world.documents('users').updateMany({}, { $set: { roles: ['member'] } })
}

const newAdmin = (): Promise<Subject> => world.register(['admin'])
const demote = (actor: Person, user: Subject) => world.administration.setRoles(actor, user.id, ['member'])
const suspend = (actor: Person, user: Subject) => world.administration.suspend(actor, user.id)
const administrators = () => world.documents('users').countDocuments({ status: 'active', roles: 'admin' })

test('the last one can neither step down nor be suspended', async () => {
  const [ann, ben] = [await newAdmin(), await newAdmin()]
  const [byAnn, byBen] = [world.asPerson(ann), world.asPerson(ben)]
  await demote(byAnn, ann)
  await expect(demote(byBen, ben)).rejects.toThrow(LastAdministrator)
  await expect(world.administration.setRoles(byBen, ben.id, [])).rejects.toThrow(LastAdministrator)
  expect(await world.users.find(ben.id)).toEqual(ben)
  expect(await world.documents('auditEvents').countDocuments({ subjectId: ben.id })).toBe(0)
})

test('one who is suspended does not count', async () => {
  const [ann, ben] = [await newAdmin(), await newAdmin()]
  await suspend(world.asPerson(ann), ben)
  await expect(demote(world.asPerson(ann), ann)).rejects.toThrow(LastAdministrator)
  await world.administration.reinstate(world.asPerson(ann), ben.id)
  await expect(demote(world.asPerson(ann), ann)).resolves.toMatchObject({ roles: ['member'] })
})

test('a suspended one can be demoted: it was none', async () => {
  const [ann, ben] = [await newAdmin(), await newAdmin()]
  await suspend(world.asPerson(ann), ben)
  await expect(demote(world.asPerson(ann), ben)).resolves.toMatchObject({ roles: ['member'] })
})

type Race = (ann: Subject, ben: Subject) => Promise<unknown>[]

test.each<[string, Race]>([
  ['demote each other', (ann, ben) => [demote(world.asPerson(ann), ben), demote(world.asPerson(ben), ann)]],
  ['demote themselves', (ann, ben) => [demote(world.asPerson(ann), ann), demote(world.asPerson(ben), ben)]],
  ['suspend each other', (ann, ben) => [suspend(world.asPerson(ann), ben), suspend(world.asPerson(ben), ann)]],
  ['are suspended and step down', (ann, ben) => [suspend(world.asPerson(ann), ben), demote(world.asPerson(ann), ann)]],
  ['step down and are suspended', (ann, ben) => [demote(world.asPerson(ann), ann), suspend(world.asPerson(ann), ben)]],
])(`of two who %s at once, one remains, ${rounds} times`, async (_name, race) => {
  for (let round = 0; round < rounds; round += 1) {
    await clear()
    const outcomes = await Promise.allSettled(race(await newAdmin(), await newAdmin()))
    expect(await administrators()).toBe(1)
    const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
    expect(refusals).toHaveLength(1)
    for (const refusal of refusals) {
      expect(refusal).toBeInstanceOf(DomainError)
      expect(['LAST_ADMINISTRATOR', 'CHANGED_MEANWHILE']).toContain((refusal as DomainError).code)
    }
  }
})

test('of five who all step down at once, one remains', async () => {
  const all = await Promise.all(Array.from({ length: 5 }, newAdmin))
  await Promise.allSettled(all.map((each) => demote(world.asPerson(each), each)))
  expect(await administrators()).toBe(1)
})

test('who may assign roles, and not this one, could not bring an administrator back', async () => {
  const assigning = definePolicy({
    permissions: ['user:assign-roles', 'report:read'],
    roles: {
      member: { can: [] },
      assigner: { can: ['user:assign-roles'] },
      admin: { inherits: ['assigner'], can: ['report:read'] },
    },
  })
  const other = await startTestAdministration(assigning)
  const [ann, ben] = [await other.register(['admin']), await other.register(['assigner'])]
  const stepDown = () => other.administration.setRoles(other.asPerson(ann), ann.id, ['member'])
  await expect(stepDown()).rejects.toThrow(LastAdministrator)
  await expect(other.administration.setRoles(other.asPerson(ann), ann.id, ['assigner'])).rejects.toThrow(
    LastAdministrator,
  )
  // The other way round there is somebody who could.
  await other.administration.setRoles(other.asPerson(ann), ben.id, ['member'])
  await other.register(['admin'])
  expect((await stepDown()).roles).toEqual(['member'])
  await other.close()
})
