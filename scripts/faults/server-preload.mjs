/**
 * Loaded into a server before its own code, which knows nothing of it:
 * - its connections come from an address of its own, so that a proxy knows whose they are;
 * - its wall clock can be wrong, from the start or from a signal on. The monotonic clock is right, as on real machines.
 */
import { Socket } from 'node:net'

const { FAULTS_FROM: localAddress, FAULTS_CLOCK_MS: startsOff = '0', FAULTS_CLOCK_JUMP_MS: jump = '0' } = process.env

if (localAddress) {
  // oxlint-disable-next-line typescript/unbound-method -- the proxy calls it on its own socket
  Socket.prototype.connect = new Proxy(Socket.prototype.connect, {
    apply(connect, socket, args) {
      const [first, ...rest] = args
      // Node's own normalised form, and the one that callers use.
      if (Array.isArray(first) && typeof first[0] === 'object') {
        // The array is marked by a symbol, so it must stay the same one.
        first[0] = { ...first[0], localAddress }
        return Reflect.apply(connect, socket, args)
      }
      if (typeof first === 'object' && first !== null && !('path' in first && first.path)) {
        return Reflect.apply(connect, socket, [{ ...first, localAddress }, ...rest])
      }
      return Reflect.apply(connect, socket, args)
    },
  })
}

let aheadMs = Number(startsOff)
const RealDate = Date
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [RealDate.now() + aheadMs] : args, newTarget),
  apply: () => new RealDate(RealDate.now() + aheadMs).toString(),
  get(target, key) {
    if (key === 'now') return () => RealDate.now() + aheadMs
    return Reflect.get(target, key)
  },
})

process.on('SIGUSR2', () => {
  aheadMs = aheadMs === 0 ? Number(jump) : 0
})
