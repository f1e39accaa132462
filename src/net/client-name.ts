const MAPPED = /^::ffff:(?=\d+\.)/

/**
 * Who a peer is, for fairness: its IPv4 address, or the /64 network of an IPv6 address, because one
 * host may use all addresses of its network. A peer without an address is on this machine.
 */
export function clientName(address: string | undefined): string {
  if (address === undefined) return 'unix'
  if (!address.includes(':')) return address
  if (MAPPED.test(address)) return address.replace(MAPPED, '')
  const [front = '', back] = address.replace(/%.*$/, '').split('::')
  const head = groupsOf(front)
  const tail = groupsOf(back ?? '')
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0')
  return `${[...head, ...zeros, ...tail].slice(0, 4).join(':')}::/64`
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':')
}
