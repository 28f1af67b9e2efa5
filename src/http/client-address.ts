import { isIP } from 'node:net'

/**
 * The address a request is counted by. `ip` has come through trusted proxies only, but what the first of them was told
 * may be anything: some add a port, and a careless one passes on what the client wrote. What is no address falls back
 * to the socket's.
 */
export function clientAddress(ip: string | undefined, socketAddress: string | undefined): string {
  return addressOf(ip) ?? addressOf(socketAddress) ?? 'unknown'
}

const withPort = /^\[([0-9a-f:.%]+)\](?::\d{1,5})?$|^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/i
const mappedIpv4 = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i

function addressOf(value: string | undefined): string | null {
  if (value === undefined || value.length > 64) return null
  const [, bracketed, dotted] = withPort.exec(value) ?? []
  const address = bracketed ?? dotted ?? value
  if (isIP(address) === 0) return null
  return mappedIpv4.exec(address)?.[1] ?? address
}
