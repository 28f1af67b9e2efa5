import Bowser from 'bowser'
import ipaddr from 'ipaddr.js'
import type { Device } from './session.js'

/** Longer ones are no browser's, and parsing is not free. */
const maxUserAgent = 512

/** What a request says of the device it comes from, in words its owner recognises. */
export function describeDevice(userAgent: string | null, ip: string): Device {
  return { name: deviceName(userAgent), ipPrefix: ipPrefix(ip) }
}

function deviceName(userAgent: string | null): string {
  if (userAgent === null || userAgent === '' || userAgent.length > maxUserAgent) return 'Unknown device'
  const { browser, os } = Bowser.parse(userAgent)
  if (browser.name === undefined || browser.name === '') return 'Unknown device'
  return os.name === undefined || os.name === '' ? browser.name : `${browser.name} on ${os.name}`
}

const knownBrowsers = new Set(Object.values(Bowser.BROWSER_MAP))
const knownSystems = new Set(Object.values(Bowser.OS_MAP))

/** Whether a name is made of words of ours: of a browser that nobody knows it has whatever it calls itself. */
export function isKnownDevice({ name }: Device): boolean {
  const [browser = '', system] = name.split(' on ')
  return knownBrowsers.has(browser) && (system === undefined || knownSystems.has(system))
}

function ipPrefix(ip: string): string | null {
  if (!ipaddr.isValid(ip)) return null
  const address = ipaddr.process(ip)
  const bits = address.kind() === 'ipv4' ? 24 : 48
  const network =
    address.kind() === 'ipv4'
      ? ipaddr.IPv4.networkAddressFromCIDR(`${address.toString()}/${bits}`)
      : ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/${bits}`)
  return `${network.toString()}/${bits}`
}
