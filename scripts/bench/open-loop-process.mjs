/**
 * Forked by open-loop.mjs. Each request has a moment when it is due, and its time runs from then: one that is sent late,
 * because this process did not get the processor, has waited, too. (A closed loop would not send while it waits, and so
 * leave out just those moments that are slow: coordinated omission.)
 */
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const agent = new Agent({ keepAlive: true })
const usual = { status: 200, answer: '' }

process.once('message', (/** @type {import('./open-loop.mjs').OpenLoop} */ plan) => void run(plan))

/** @param {import('./open-loop.mjs').OpenLoop} plan */
async function run({ target, perSecond, forMs }) {
  usual.answer = (await ask(target)).answer
  /** @type {number[]} */
  const waited = []
  /** @type {string[]} */
  const wrong = []
  const count = Math.round((perSecond * forMs) / 1000)
  const startedAt = performance.now() + 50
  /** @type {Promise<void>[]} */
  const underWay = []
  for (let index = 0; index < count; index++) {
    const dueAt = startedAt + (index * 1000) / perSecond
    const early = dueAt - performance.now()
    if (early > 0) await sleep(early)
    underWay.push(
      ask(target).then(({ status, answer }) => {
        waited.push(performance.now() - dueAt)
        if (status !== usual.status || answer !== usual.answer) wrong.push(`${status} ${answer}`)
      }),
    )
  }
  await Promise.all(underWay)
  process.send?.({ waited, wrong }, () => process.exit())
}

/** @param {import('./rows.mjs').HttpTarget} target @returns {Promise<{ status: number, answer: string }>} */
function ask({ url, headers, body }) {
  return new Promise((resolve) => {
    const fail = (/** @type {Error} */ cause) => resolve({ status: 0, answer: cause.message })
    request(url, { method: 'POST', headers, agent }, (response) => {
      let answer = ''
      response.setEncoding('utf8').on('data', (/** @type {string} */ part) => (answer += part))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, answer })).on('error', fail)
    })
      .on('error', fail)
      .end(body)
  })
}
