import { isIPv6 } from 'node:net'

/**
 * What counts as one client: an IPv4 address, or the /64 of an IPv6 address, since whoever has one of its addresses has them all.
 * IPv4 in IPv6 clothes (::ffff:a.b.c.d) is IPv4.
 */
export const networkOf = (address: string): string => {
  if (!address.includes(':')) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  const plain = address.split('%')[0] ?? ''
  if (!isIPv6(plain)) return address
  const [head = '', tail] = plain.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = tail === undefined ? 0 : 8 - left.length - right.length
  const groups = [...left, ...Array.from({ length: missing }, () => '0'), ...right]
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}

/** The network around what counts as one client: a /24 in IPv4, a /48 in IPv6, which is what one customer of a provider is given at most. */
export const aroundOf = (network: string): string => {
  const v4 = /^(\d+\.\d+\.\d+)\.\d+$/.exec(network)?.[1]
  if (v4 !== undefined) return `${v4}.0/24`
  const v6 = /^(.+):[\da-f]+::\/64$/.exec(network)?.[1]
  return v6 === undefined ? network : `${v6}::/48`
}
