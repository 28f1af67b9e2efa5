/** Started by official-download.mjs with the folder to download into; answers with the path of the binary. */
import { MongoBinary } from 'mongodb-memory-server-core'

try {
  const path = await MongoBinary.getPath({ downloadDir: process.argv[2] ?? '' })
  process.send?.(path)
} catch (cause) {
  const lines = (cause instanceof Error ? cause.message : String(cause)).trim().split('\n')
  console.error(lines.at(-1))
  process.exitCode = 1
} finally {
  // The channel to the parent would keep this process alive.
  if (process.connected) process.disconnect()
}
