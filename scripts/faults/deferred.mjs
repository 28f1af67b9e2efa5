/**
 * A promise and what settles it; Node 20 has no `Promise.withResolvers`.
 * @template Value
 */
export function deferred() {
  /** @type {(value: Value) => void} */
  let resolve = () => {}
  /** @type {Promise<Value>} */
  const promise = new Promise((fulfil) => {
    resolve = fulfil
  })
  return { promise, resolve }
}
