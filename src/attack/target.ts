/**
 * What may be attacked: a server on this machine; another one only for who says twice that it is theirs. The name is
 * resolved once, here, and every connection goes to these addresses: a name that answers otherwise a second later
 * (DNS rebinding) leads nowhere.
 */
import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { Misuse } from './misuse.js'

export interface Target {
  readonly url: URL
  readonly addresses: readonly Address[]
  readonly isLoopback: boolean
}

export interface Address {
  readonly address: string
  readonly family: 4 | 6
}

export interface Permission {
  readonly allowRemote: boolean
  /** The host once more, as whoever runs this typed it. */
  readonly hostIsMine: string | undefined
}

export type Resolve = (host: string) => Promise<readonly Address[]>

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

export async function resolveTarget(text: string, permission: Permission, resolve = resolveByDns): Promise<Target> {
  const url = parse(text)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const addresses = await resolve(host)
  if (addresses.length === 0) throw new Misuse(`${host} has no address.`)
  // All of them: a name with one address here and one elsewhere is a name elsewhere.
  const isLoopback = addresses.every(isLoopbackAddress)
  if (!isLoopback) demandPermission(host, permission)
  return { url, addresses, isLoopback }
}

export function isLoopbackAddress({ address, family }: Address): boolean {
  return loopback.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

function demandPermission(host: string, { allowRemote, hostIsMine }: Permission): void {
  if (allowRemote && hostIsMine?.toLowerCase() === host.toLowerCase()) return
  throw new Misuse(
    `${host} is not this machine. If the server is yours, say so twice: --allow-remote --host-is-mine ${host}. ` +
      'To attack the server of somebody else is a crime in most countries.',
  )
}

function parse(text: string): URL {
  if (!URL.canParse(text) || !/^https?:/i.test(text)) throw new Misuse(`${text} is not an http or https URL.`)
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') throw new Misuse('A URL with a password in it is refused.')
  if (url.pathname === '/') url.pathname = '/graphql'
  url.hash = ''
  return url
}

async function resolveByDns(host: string): Promise<readonly Address[]> {
  const family = isIP(host)
  if (family === 4 || family === 6) return [{ address: host, family }]
  try {
    const found = await lookup(host, { all: true })
    return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }))
  } catch {
    throw new Misuse(`${host} cannot be resolved.`)
  }
}
