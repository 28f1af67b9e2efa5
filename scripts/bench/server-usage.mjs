/** Loaded into a server that is measured (server-process.mjs): says over the channel what its process has taken. */

/**
 * `rss` is what operating systems count; `heapUsed` is after a collection, and so what is really held.
 * @typedef {{ rss: number, heapUsed: number, cpuMs: number }} Usage
 */

process.on('message', (/** @type {{ collect: boolean }} */ { collect }) => {
  const { rss } = process.memoryUsage()
  if (collect) globalThis.gc?.()
  const { user, system } = process.cpuUsage()
  process.send?.({ rss, heapUsed: process.memoryUsage().heapUsed, cpuMs: (user + system) / 1000 })
})
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
// Listening alone must not keep the server alive when it is done.
process.channel?.unref()
