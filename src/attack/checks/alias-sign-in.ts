import type { Attack } from '../attack.js'
import { failed, passed, Undecided, type Check } from '../check.js'
import { fieldsAnswered, isThrottled } from '../reply.js'

/** Right passwords of our own account: what matters is how many are looked at, and nobody is locked out. */
export const aliasSignIn: Check = {
  id: 'alias-sign-in',
  area: 'Sign-in',
  title: 'One operation tries one password',
  reason: 'A thousand aliases are a thousand guesses in one request, and a limit on requests counts one.',
  remedy: 'Refuse an operation in which a credential field is not the only root field, counted through fragments.',
  references: ['OWASP API4:2023', 'OWASP GraphQL Cheat Sheet, Batching Attacks', 'CWE-307'],
  async run(attack) {
    const found: string[] = []
    for (const [name, query] of await operationsFor(attack)) {
      const reply = await attack.askAnyhow(query)
      const carriedOut = fieldsAnswered(reply)
      // A brake that counts the fields is one, too; a brake that lets nothing through has hidden what was asked.
      if (isThrottled(reply) && carriedOut === 0) throw new Undecided('The server throttles us; try again later.')
      if (carriedOut > 1) found.push(`${carriedOut} sign-ins in one operation, ${name}`)
    }
    return found.length === 0
      ? passed('None of several sign-ins in one operation ran twice.')
      : failed(found.join('; '))
  },
}

async function operationsFor(attack: Attack): Promise<[string, string][]> {
  const { email, password } = await attack.signedIn()
  const field = attack.field('signIn', { email, password })
  return [
    ['by alias', `mutation { a: ${field} b: ${field} c: ${field} }`],
    ['through a fragment', `mutation { a: ${field} ...F } fragment F on Mutation { b: ${field} }`],
    ['in inline fragments', `mutation { ... { a: ${field} } ... on Mutation { b: ${field} } }`],
    ['with @include', `mutation { a: ${field} ... @include(if: true) { b: ${field} } }`],
  ]
}
