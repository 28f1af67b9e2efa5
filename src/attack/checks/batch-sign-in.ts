import { graphqlRequest } from '../attack.js'
import { failed, passed, Undecided, warned, type Check } from '../check.js'
import { at, isObject } from '../json.js'
import { isHeldOff, replyOf } from '../reply.js'

export const batchSignIn: Check = {
  id: 'batch-sign-in',
  area: 'Sign-in',
  title: 'One request tries one password',
  reason: 'An array of operations in one request is as many guesses, and a limit on requests counts one.',
  remedy: 'Turn batching off, or refuse a batch that has a credential operation in it.',
  references: ['OWASP API4:2023', 'OWASP GraphQL Cheat Sheet, Batching Attacks', 'CWE-307'],
  async run(attack) {
    const { email, password } = await attack.signedIn()
    const batchOf = (query: string) => {
      const { headers, body } = graphqlRequest(query, {})
      return attack.client.send({ headers, body: `[${body},${body}]` })
    }
    const isAnswer = (entry: unknown) =>
      isObject(at(entry, 'data')) && Object.values(at(entry, 'data') ?? {})[0] !== null
    const signIns = await batchOf(`mutation { ${attack.field('signIn', { email, password })} }`)
    const carriedOut = Array.isArray(signIns.body) ? signIns.body.filter(isAnswer).length : 0
    if (carriedOut > 1) return failed(`${carriedOut} sign-ins of one request were carried out.`)
    const harmless = await batchOf('{ __typename }')
    if (Array.isArray(harmless.body)) return warned('Batches are answered, though not batches of sign-ins.')
    if ([signIns, harmless].some((answer) => isHeldOff(replyOf(answer))))
      throw new Undecided('The server throttles us.')
    return passed(`A batch is refused with status ${signIns.status}.`)
  },
}
