/**
 * Passkeys in a real Chromium, with its own virtual authenticator (WebAuthn §11): a page of the allowed origin, which
 * does what the README says a page does.
 */
import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { chromium, type Browser, type CDPSession, type Page } from 'playwright-core'
import { findChromium } from '../../scripts/setup/chromium.mjs'
import { signUp } from '../support/people.js'
import { startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'
import { factorFlows } from './factors.js'

let pages: Server
let origin: string
let server: TestPortcullis
let browser: Browser
beforeAll(async () => {
  const html = readFileSync(join(import.meta.dirname, 'passkey-page.html'))
  pages = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(html))
  pages.listen(0, '127.0.0.1')
  await once(pages, 'listening')
  const { port } = pages.address() as AddressInfo
  origin = `http://localhost:${port}`
  server = await startTestPortcullis({ ALLOWED_ORIGINS: origin, PASSKEY_RP_ID: 'localhost' })
  const executablePath = findChromium()
  if (executablePath === null) throw new Error('Install Chromium, or name it in CHROMIUM: apt-get install chromium')
  browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync'],
  })
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await server?.close()
  pages.close()
})

/** A tab with an authenticator of its own, as a phone or a laptop has one. */
async function openTab(options: { isUserVerified?: boolean } = {}): Promise<{ page: Page; devTools: CDPSession }> {
  const context = await browser.newContext()
  const page = await context.newPage()
  const devTools = await context.newCDPSession(page)
  await devTools.send('WebAuthn.enable')
  await devTools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: options.isUserVerified ?? true,
      automaticPresenceSimulation: true,
    },
  })
  await page.goto(`${origin}/?graphql=${encodeURIComponent(`${server.url}/graphql`)}`)
  return { page, devTools }
}

const run = (page: Page, flow: string, ...args: unknown[]): Promise<Record<string, unknown>> =>
  page.evaluate(
    ([name, given]) => {
      const flows = (globalThis as unknown as { flows: Record<string, (...args: unknown[]) => unknown> }).flows
      return flows[name as string]?.(...(given as unknown[])) as Record<string, unknown>
    },
    [flow, args],
  )

describe('In a browser', () => {
  test('a passkey is added, signs in without a name, and goes with its cookies', async () => {
    const ada = await signUp(server.ask)
    const { page } = await openTab()
    expect(await run(page, 'enrol', ada.accessToken, 'This laptop')).toMatchObject({
      kind: 'PASSKEY',
      name: 'This laptop',
    })
    expect(await run(page, 'signIn', 'BODY')).toMatchObject({
      user: { id: ada.userId },
      session: { assurance: 'AAL2' },
    })
    expect(await run(page, 'signIn', 'COOKIE')).toMatchObject({ user: { id: ada.userId }, tokens: null })
  })

  test('it is the second half of a sign-in with the password, and proves again', async () => {
    const ada = await signUp(server.ask)
    const { page } = await openTab()
    await run(page, 'enrol', ada.accessToken)
    const asked = (await factorFlows(server).signIn(ada)).data.signIn
    expect(await run(page, 'completeSecondFactor', asked)).toMatchObject({ session: { assurance: 'AAL2' } })
    expect(await run(page, 'stepUp', ada.accessToken)).toMatchObject({ session: { id: ada.sessionId } })
  })

  test('it is not added twice to one authenticator', async () => {
    const ada = await signUp(server.ask)
    const { page } = await openTab()
    await run(page, 'enrol', ada.accessToken)
    const raised = (await run(page, 'stepUp', ada.accessToken))['tokens'] as { accessToken: string }
    await expect(run(page, 'enrol', raised.accessToken)).rejects.toThrow(/InvalidStateError|excluded|already/i)
  })

  test('without a finger or a PIN there is none', async () => {
    const ada = await signUp(server.ask)
    const { page } = await openTab({ isUserVerified: false })
    await expect(run(page, 'enrol', ada.accessToken)).rejects.toThrow(/NotAllowedError/)
    expect(await factorFlows(server).authenticators(ada.accessToken)).toHaveLength(1)
  })

  test('a copy of a passkey whose counter stands still is refused', async () => {
    const ada = await signUp(server.ask)
    const { page, devTools } = await openTab()
    await run(page, 'enrol', ada.accessToken)
    await run(page, 'signIn', 'BODY')
    const stored = server.app.database.connection.collection('authenticators')
    await stored.updateOne({ userId: ada.userId, kind: 'passkey' }, { $set: { counter: 1_000_000 } })
    await expect(run(page, 'signIn', 'BODY')).rejects.toThrow(/PASSKEY_REJECTED/)
    await devTools.detach()
  })
})
