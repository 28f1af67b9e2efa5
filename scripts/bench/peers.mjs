/** @typedef {import('./rows.mjs').Open} Open */

/**
 * What is compared with comes from a folder with packages of its own, which are installed for the bench alone. Its
 * address is not written out, so that types and tests can do without them.
 * @param {string} file in bench/peers
 * @param {string} name what it exports
 * @returns {Open}
 */
export function openPeer(file, name) {
  return async (world) => {
    const peer = await import(new URL(`../../bench/peers/${file}`, import.meta.url).href)
    return peer[name](world)
  }
}
