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
  const tokens = createTokens({ keys, settings: config, clock: systemClock, random: systemRandom })
  return {
    /** @param {string} userId @param {string} sessionId */
    async mint(userId, sessionId) {
      const now = systemClock.now()
      const grant = {
        userId,
        sessionId,
        roles: ['member'],
        assurance: /** @type {const} */ ('aal1'),
        authenticatedAt: now,
      }
      const { accessToken } = await tokens.mint(grant, new Date(now.getTime() + 3_600_000))
      return accessToken
    },
    close: () => database.close(),
  }
}
