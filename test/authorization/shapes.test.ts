import { describe, expect, test } from '@jest/globals'
import { compiled } from './model/compiled.js'
import { naive } from './model/naive.js'
import { shapes } from './model/shapes.js'
import { traceless } from './model/traceless.js'
import { adasText, callers, placements, rules, worldOf } from './model/shapes-world.js'

describe.each(placements)('with the rule on the %s', (placement) => {
  const readers = rules
    .filter((rule) => rule.placements.includes(placement))
    .map((rule) => {
      const world = worldOf(placement, rule)
      return { ...rule, naive: naive(world), compiled: compiled(world) }
    })

  test('every rule leaves the schema without a fault', () => {
    expect(readers.flatMap(({ naive }) => naive.faults)).toEqual([])
  })

  test.each(shapes)('$name is decided alike, for every caller', async ({ source, variables = {}, asksForText }) => {
    const expected: Record<string, unknown> = {}
    const answers: Record<string, unknown> = {}
    await traceless(async () => {
      for (const { directive, passes, ...reader } of readers) {
        for (const [name, caller] of Object.entries(callers)) {
          const request = { source, variables, callers: [caller] } as const
          const shouldBeThere = asksForText && passes.includes(name)
          expected[`${directive} for ${name}`] = { isThere: shouldBeThere, ...reader.naive.ask(request) }
          const answer = await reader.compiled.ask(request)
          const isThere = JSON.stringify(answer.data).includes(adasText)
          answers[`${directive} for ${name}`] = { isThere, ...answer }
        }
      }
    })
    expect(answers).toEqual(expected)
  })
})
