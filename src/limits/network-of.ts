/**
 * The network of an address, as far as one subscriber controls it: an IPv4 address, or the first 64 bits of an IPv6
 * one (RFC 6177: a household gets at least a /64, so single addresses cost it nothing). Null when it is no address.
 */
export function networkOf(ip: string): string | null {
  // The longest spelling has 45 characters, and a zone (`%eth0`) may follow.
  if (ip.length > 64) return null
  const address = ip.trim().toLowerCase().replace(/%.*$/, '')
  const groups = address.includes(':') ? groupsOf(address) : null
  const embedded = groups === null ? address : embeddedIpv4(groups)
  if (embedded !== null) return octetsOf(embedded)?.join('.') ?? null
  return groups === null
    ? null
    : `${groups
        .slice(0, 4)
        .map((group) => group.toString(16))
        .join(':')}::/64`
}

/** IPv4-mapped (`::ffff:0:0/96`, what a dual-stack socket reports): the same client as the plain address. */
function embeddedIpv4(groups: readonly number[]): string | null {
  const [high = 0, low = 0] = groups.slice(6)
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  return mapped ? [high >> 8, high & 255, low >> 8, low & 255].join('.') : null
}

/** The eight 16-bit groups of an IPv6 address in any of its spellings (RFC 4291 §2.2). */
function groupsOf(address: string): number[] | null {
  const halves = dottedTailToGroups(address).split('::')
  if (halves.length > 2) return null
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const missing = 8 - head.length - tail.length
  // "::" stands for at least one group, and without it all eight must be there.
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null
  const groups = [...head, ...Array<string>(missing).fill('0'), ...tail]
  return groups.every((group) => /^[0-9a-f]{1,4}$/.test(group))
    ? groups.map((group) => Number.parseInt(group, 16))
    : null
}

function dottedTailToGroups(address: string): string {
  const lastColon = address.lastIndexOf(':')
  const octets = octetsOf(address.slice(lastColon + 1))
  if (octets === null) return address
  const [a = 0, b = 0, c = 0, d = 0] = octets
  return `${address.slice(0, lastColon + 1)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
}

function octetsOf(dotted: string): number[] | null {
  const parts = dotted.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))) return null
  const octets = parts.map(Number)
  return octets.every((octet) => octet <= 255) ? octets : null
}
