import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { startTestPortcullis, type TestPortcullis } from './portcullis.js'

/** As the proxy in front of production says it; without it the answer is 426. */
export const behindProxy = { 'x-forwarded-proto': 'https' }

/** The whole server as it runs in production, behind a proxy that ends TLS: with its floors, and with no test setting. */
export async function startProduction(settings: Record<string, string> = {}): Promise<TestPortcullis> {
  return startTestPortcullis({
    NODE_ENV: 'production',
    PORT: String(await freePort()),
    PUBLIC_URL: 'https://id.example.com',
    SIGN_UP: 'closed',
    // Nobody listens there.
    MAIL_URL: 'smtp://127.0.0.1:9',
    MAIL_FROM: 'Portcullis <id@example.com>',
    RATE_LIMITS: '',
    TRUST_PROXY: '127.0.0.1',
    ALLOWED_ORIGINS: 'https://app.example.com',
    ARGON2_MEMORY: '19MiB',
    ARGON2_PASSES: '2',
    DRAIN_DELAY: '0ms',
    ...settings,
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
