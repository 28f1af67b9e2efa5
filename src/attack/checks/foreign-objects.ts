import { accessTokenOf, wholeAnswer, type Attack } from '../attack.js'
import { NotApplicable, unlessFound, type Check } from '../check.js'
import type { OperationName } from '../operations.js'
import { appearanceOf, hasData, isUnknownToSchema } from '../reply.js'

export const foreignObjects: Check = {
  id: 'foreign-objects',
  area: 'Objects',
  title: 'What is somebody else’s looks like what does not exist',
  reason:
    '"Forbidden" for a foreign id and "not found" for an absent one tell which ids exist; an answer gives the object away.',
  remedy: 'Load by id and owner, and answer NOT_FOUND for both, with the same whole answer.',
  references: ['OWASP API1:2023', 'OWASP ASVS 8.2.2', 'CWE-639', 'CWE-204'],
  async run(attack) {
    const [one, two] = [await attack.one(), await attack.two()]
    const token = accessTokenOf(one.session)
    const { userId, sessionId } = two.session
    // Our own, to see first that there is an answer at all; ending our own session would end the attack.
    const objects: [string, OperationName, string | null, string | null, string][] = [
      ['query', 'user', userId, one.session.userId, 'user'],
      ['query', 'session', sessionId, one.session.sessionId, 'session'],
      ['mutation', 'revokeSession', sessionId, null, 'session'],
    ]
    const found: string[] = []
    let compared = 0
    for (const [kind, operation, id, ownId, noun] of objects) {
      if (id === null) continue
      const ask = (which: string) => attack.ask(`${kind} { ${attack.field(operation, { id: which })} }`, { token })
      const foreign = await ask(id)
      if (isUnknownToSchema(foreign)) continue
      if (ownId !== null && !hasData(await ask(ownId))) continue
      compared += 1
      const absentId = absentLike(attack, id)
      const absent = await ask(absentId)
      if (hasData(foreign)) found.push(`${operation}: a foreign ${noun} is given away`)
      else if (wholeAnswer(foreign, id) !== wholeAnswer(absent, absentId)) {
        found.push(`${operation}: foreign is ${appearanceOf(foreign)}, absent is ${appearanceOf(absent)}`)
      }
    }
    if (compared === 0) throw new NotApplicable('There are no such operations.')
    return unlessFound(found, `${compared} operations answer both alike.`)
  },
}

/** An id of the same form that is nobody's: its letters and digits drawn anew. */
export function absentLike({ random }: Pick<Attack, 'random'>, id: string): string {
  const prefix = /^[a-z]+_/.exec(id)?.[0] ?? ''
  const rest = id.slice(prefix.length)
  const bytes = random(rest.length)
  return prefix + rest.replace(/[0-9a-z]/gi, (letter, index: number) => drawnLike(letter, bytes[index] ?? 0))
}

/** Digits stay digits, and hexadecimal letters hexadecimal. */
function drawnLike(letter: string, byte: number): string {
  if (/\d/.test(letter)) return String(byte % 10)
  const alphabet = /[a-f]/i.test(letter) ? 'abcdef' : 'ghjkmnpqrstvwxyz'
  const drawn = alphabet[byte % alphabet.length] ?? letter
  return letter === letter.toUpperCase() ? drawn.toUpperCase() : drawn
}
