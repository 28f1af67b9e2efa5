import { once } from 'node:events'
import { createServer } from 'node:http'
import { unlessFound, type Check } from '../check.js'
import { acceptedOf, foreignKey, presenter, type ForeignKey } from '../tokens.js'

export const tokenBroughtKey: Check = {
  id: 'token-brought-key',
  area: 'Tokens',
  title: 'A key that a token brings along is not used',
  reason:
    '`jwk`, `jku`, `x5u` and `x5c` let the sender choose the key; the two URLs make the server fetch what it is told, too.',
  remedy: 'Ignore or refuse these headers; take keys from configuration only.',
  references: ['RFC 8725 §3.10', 'RFC 7515 §4.1.2', 'OWASP API7:2023 (SSRF)', 'CWE-347', 'CWE-918'],
  async run(attack) {
    const server = await presenter(attack)
    const { header, claims } = server.jwt
    const alg = /^(RS|ES|PS)\d|^EdDSA$/.test(String(header.alg)) ? header.alg : 'RS256'
    const key = foreignKey(alg)
    const bait = await startBait(key)
    try {
      const withHeader = (extra: object) => key.sign({ ...header, alg, ...extra }, claims)
      const forgeries: [string, string][] = [
        ['jwk', withHeader({ jwk: key.jwk })],
        ['jwk with its kid', withHeader({ jwk: key.jwk, kid: 'attack' })],
        ['jku', withHeader({ jku: `${bait.url}/jwks.json`, kid: 'attack' })],
        ['jku with our kid', withHeader({ jku: `${bait.url}/jwks.json` })],
        ['x5u', withHeader({ x5u: `${bait.url}/x5u.pem` })],
      ]
      const taken = (await acceptedOf(server, forgeries)).map((name) => `a token with its own key in ${name} is taken`)
      // A server elsewhere cannot come here, so that nothing is known of what it would fetch.
      const clean = attack.client.target.isLoopback ? 'None is used, and none is fetched.' : 'None is used.'
      return unlessFound([...taken, ...bait.fetched()], clean)
    } finally {
      bait.close()
    }
  },
}

/** A server of our own on this machine, to see whether we can make theirs come and fetch. */
async function startBait({ jwk }: ForeignKey) {
  const paths = new Set<string>()
  const bait = createServer((request, response) => {
    paths.add(String(request.url))
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ keys: [jwk, { ...jwk, kid: undefined }] }))
  })
  bait.listen(0, '127.0.0.1')
  await once(bait, 'listening')
  const address = bait.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    fetched: () => [...paths].map((path) => `the server fetched ${path} because a token said so`),
    close() {
      bait.closeAllConnections()
      bait.close()
    },
  }
}
