import { demandAnswers } from '../attack.js'
import { failed, unlessFound, type Check } from '../check.js'
import { NoAnswer } from '../client.js'
import { hasData } from '../reply.js'

export const fragmentCycles: Check = {
  id: 'fragment-cycles',
  area: 'GraphQL',
  title: 'Fragments in circles and in heaps are refused, at once',
  reason:
    'A fragment that spreads itself, or thirty that each spread the next one twice, never end for who follows them.',
  remedy: 'Validate with all rules of the specification, and measure each fragment once.',
  references: ['GraphQL Specification §5.5.2.2', 'CWE-674'],
  async run(attack) {
    await demandAnswers(attack)
    const { ask } = attack
    const chain = (length: number, spread: (next: number) => string) =>
      Array.from({ length }, (_each, index) => `fragment F${index} on Query { ${spread(index + 1)} }`).join(' ')
    const documents: [string, string][] = [
      ['a fragment in itself', '{ ...A } fragment A on Query { __typename ...A }'],
      ['two in a circle', '{ ...A } fragment A on Query { __typename ...B } fragment B on Query { ...A }'],
      ['a circle below fields', '{ ...A } fragment A on Query { me { ...B } } fragment B on User { id ...B }'],
    ]
    const heap = `{ ...F0 } ${chain(30, (next) => `...F${next} ... { ...F${next} }`)} fragment F30 on Query { __typename }`
    const found: string[] = []
    try {
      for (const [name, document] of documents) if (hasData(await ask(document))) found.push(`${name} is answered`)
      const { ms } = await ask(heap)
      if (ms > 5_000) found.push(`thirty fragments that spread each other keep it busy for ${(ms / 1000).toFixed(1)} s`)
    } catch (cause) {
      if (!(cause instanceof NoAnswer)) throw cause
      await ask('{ __typename }')
      return failed('No answer comes to a fragment in a circle.')
    }
    return unlessFound(found, 'They are refused, and nothing hangs.')
  },
}
