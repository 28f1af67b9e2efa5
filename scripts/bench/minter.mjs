import { openDatabase } from '../../dist/app.js'
import { parseConfig } from '../../dist/config.js'
import { systemClock } from '../../dist/kernel/clock.js'
import { systemRandom } from '../../dist/kernel/random.js'
import { createTokens } from '../../dist/tokens/service.js'

/**
 * Signs access tokens with the keys of a database, as the service does, in the process of the load.
 * @param {Record<string, string>} env of the server that is to take them
 */
export async function createMinter(env) {
  const config = parseConfig(env)
  const { database, keys } = await openDatabase({ config, onStep: () => {} })
  return { mint: minterWith(keys, config), close: () => database.close() }
}

/**
 * @param {Parameters<typeof createTokens>[0]['keys']} keys
 * @param {import('../../dist/tokens/service.js').TokenSettings} settings
 */
export function minterWith(keys, settings) {
  const tokens = createTokens({ keys, settings, clock: systemClock, random: systemRandom })
  return async (/** @type {string} */ userId, /** @type {string} */ sessionId) => {
    const now = systemClock.now()
    const assurance = /** @type {const} */ ('aal1')
    const grant = { userId, sessionId, roles: ['member'], assurance, authenticatedAt: now }
    const { accessToken } = await tokens.mint(grant, new Date(now.getTime() + 3_600_000))
    return accessToken
  }
}
