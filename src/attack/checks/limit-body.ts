import { demandAnswers, json } from '../attack.js'
import { failed, passed, Undecided, type Check } from '../check.js'
import { NoAnswer } from '../client.js'
import { hasData, isHeldOff, replyOf } from '../reply.js'

const megabytes = 4

export const limitBody: Check = {
  id: 'limit-body',
  area: 'HTTP',
  title: 'Requests have a greatest size',
  reason: 'Who may send without end fills the memory.',
  remedy: 'Refuse beyond a few hundred KB while it is still coming in (413).',
  references: ['OWASP API4:2023', 'RFC 9110 §15.5.14', 'CWE-770'],
  async run(attack) {
    await demandAnswers(attack)
    const { client, ask } = attack
    const body = JSON.stringify({ query: `{ __typename } #${'x'.repeat(megabytes * 1024 * 1024)}` })
    try {
      const reply = replyOf(await client.send({ headers: json, body }))
      if (hasData(reply)) return failed(`A body of ${megabytes} MB is read and answered.`)
      if (isHeldOff(reply)) throw new Undecided('The server throttles us; try again later.')
      return passed(`A body of ${megabytes} MB is refused with ${reply.status}.`)
    } catch (cause) {
      if (!(cause instanceof NoAnswer)) throw cause
      // Cut off in the middle: fine, as long as it was us who were cut off and not the server that fell.
      await ask('{ __typename }')
      return passed(`A body of ${megabytes} MB is cut off.`)
    }
  },
}
