import { Socket } from 'node:net'

/**
 * A test that talks to the world passes or fails with the world. Everything that connects (http, fetch, MongoDB, SMTP)
 * ends in this method, so this is where it is refused.
 */
// oxlint-disable-next-line typescript/unbound-method -- the proxy calls it on its own socket
Socket.prototype.connect = new Proxy(Socket.prototype.connect, {
  apply(connect, socket, args) {
    const host = hostOf(args)
    if (host !== null && !isLoopback(host)) {
      throw new Error(`Tests do not leave this machine, and this one wanted to connect to ${host}`)
    }
    return Reflect.apply(connect, socket, args)
  },
})

/**
 * The target, or null for a unix socket. Node passes its own normalised form, [[options, callback]], here too.
 * @param {unknown[]} args
 * @returns {string | null}
 */
function hostOf(args) {
  const [first, second] = args
  if (Array.isArray(first)) return hostOf(first)
  if (typeof first === 'object' && first !== null) {
    if ('path' in first && first.path) return null
    return 'host' in first && typeof first.host === 'string' ? first.host : 'localhost'
  }
  if (typeof first === 'string' && !/^\d+$/.test(first)) return null
  return typeof second === 'string' ? second : 'localhost'
}

/** @param {string} host */
function isLoopback(host) {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?|::ffff:127(\.\d{1,3}){3}|0\.0\.0\.0|::)$/i.test(host)
}
