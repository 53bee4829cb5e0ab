import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, test } from 'vitest'
import {
  createNonces,
  createSharedNonces,
  type Nonces,
  type NonceUse,
} from '../../../relay-server/auth/nonces.ts'
import {
  addressesFor,
  listenAddresses,
  publicIpOf,
  webSocketAddress,
  withPeer,
} from '../../../relay-server/p2p/addresses.ts'
import { clientAddress } from '../../../relay-server/p2p/client-address.ts'
import { aroundOf, networkOf } from '../../../relay-server/rate-limit/network-of.ts'
import type { AccountId, DeviceId } from '../../../src/protocol/ids.ts'

describe('addresses of a relay', () => {
  test.each([
    ['https://relay.example', '/dns4/relay.example/tcp/443/tls/ws'],
    ['http://localhost:8080', '/dns4/localhost/tcp/8080/ws'],
    ['http://127.0.0.1', '/ip4/127.0.0.1/tcp/80/ws'],
    ['https://[2001:db8::1]:8443', '/ip6/2001:db8::1/tcp/8443/tls/ws'],
  ])('%s', (origin, expected) => {
    expect(webSocketAddress(new URL(origin))).toBe(expected)
    expect(multiaddr(expected).toString()).toBe(expected)
  })

  test('loopback ones are for this machine, translated ones for the others', () => {
    const direct = ['127.0.0.1', '10.0.0.5'].map((ip) => multiaddr(`/ip4/${ip}/udp/8081/webrtc-direct`))
    expect(addressesFor(new URL('http://localhost:8080'), direct, null)).toEqual([
      '/dns4/localhost/tcp/8080/ws',
      '/ip4/127.0.0.1/udp/8081/webrtc-direct',
      '/ip4/10.0.0.5/udp/8081/webrtc-direct',
    ])
    expect(addressesFor(new URL('https://relay.example'), direct, '203.0.113.7')).toEqual([
      '/dns4/relay.example/tcp/443/tls/ws',
      '/ip4/203.0.113.7/udp/8081/webrtc-direct',
      '/ip4/10.0.0.5/udp/8081/webrtc-direct',
    ])
    expect(addressesFor(new URL('https://relay.example'), [], '203.0.113.7')).toHaveLength(1)
  })

  test('carry the peer id once', () => {
    const peer = '12D3KooWPDWAa91wSUowjUngLNsXk1QycT2CN7aHa67N4foER68N'
    const whole = `/ip4/1.2.3.4/tcp/1/ws/p2p/${peer}`
    expect(withPeer('/ip4/1.2.3.4/tcp/1/ws', peer)).toBe(whole)
    expect(withPeer(whole, peer)).toBe(whole)
  })

  test.each([
    ['0.0.0.0', 'https://relay.example', '/ip4/0.0.0.0', '/ip4/0.0.0.0'],
    ['10.0.0.5', 'https://relay.example', '/ip4/10.0.0.5', '/ip4/10.0.0.5'],
    ['127.0.0.1', 'https://relay.example', '/ip4/127.0.0.1', '/ip4/0.0.0.0'],
    ['localhost', 'https://relay.example', '/ip4/127.0.0.1', '/ip4/0.0.0.0'],
    ['::1', 'https://relay.example', '/ip6/::1', '/ip6/::'],
    ['127.0.0.1', 'http://localhost:8080', '/ip4/127.0.0.1', '/ip4/127.0.0.1'],
    ['127.0.0.1', null, '/ip4/127.0.0.1', '/ip4/127.0.0.1'],
  ])('at %s, known as %s: UDP comes by no proxy', (host, publicUrl, tcp, udp) => {
    expect(listenAddresses(host, publicUrl === null ? null : new URL(publicUrl))).toEqual({ tcp, udp })
  })

  test('a public address that is a number needs no name service', async () => {
    expect(await publicIpOf(new URL('https://203.0.113.7'))).toBe('203.0.113.7')
    expect(await publicIpOf(new URL('https://[2001:db8::1]'))).toBe('2001:db8::1')
    expect(await publicIpOf(new URL('http://localhost:8080'))).toBeNull()
    expect(await publicIpOf(null)).toBeNull()
  })
})

describe('addresses of clients', () => {
  const request = (remoteAddress: string, forwarded?: string): IncomingMessage =>
    ({
      socket: { remoteAddress },
      headers: { ...(forwarded && { 'x-forwarded-for': forwarded }) },
    }) as unknown as IncomingMessage

  test('are believed from as many proxies as there are', () => {
    expect(clientAddress(request('10.0.0.1', '1.1.1.1'), 0)).toBe('10.0.0.1')
    expect(clientAddress(request('10.0.0.1', '9.9.9.9, 1.1.1.1'), 1)).toBe('1.1.1.1')
    expect(clientAddress(request('10.0.0.1', '9.9.9.9, 1.1.1.1'), 2)).toBe('9.9.9.9')
    expect(clientAddress(request('10.0.0.1', 'nonsense'), 1)).toBe('10.0.0.1')
    expect(clientAddress(request('::ffff:10.0.0.1'), 1)).toBe('10.0.0.1')
  })

  test.each([
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['unknown', 'unknown'],
  ])('%s counts as %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })

  test.each([
    ['203.0.113.9', '203.0.113.0/24'],
    ['2001:db8:1:2::/64', '2001:db8:1::/48'],
    ['0:0:0:0::/64', '0:0:0::/48'],
    ['unknown', 'unknown'],
  ])('the network around %s is %s', (network, around) => {
    expect(aroundOf(network)).toBe(around)
  })
})

test('nonces are good once while they are remembered, and the memory has an end', async () => {
  const use = useOf(createNonces({ nonces: 2, noncesPerAccount: 2 }, 100))
  const [a, b, c] = [newDevice(), newDevice(), newDevice()]
  expect(await use(a, 'n', 0)).toBe('good')
  expect(await use(a, 'n', 100)).toBe('used')
  expect(await use(b, 'n', 50)).toBe('good')
  expect(await use(c, 'n', 60)).toBe('full')
  expect(await use(c, 'n', 101)).toBe('good')
  expect(await use(b, 'n', 102)).toBe('used')
})

test('an account that uses up its share of nonces, by whichever device, keeps no other out', async () => {
  const use = useOf(createNonces({ nonces: 10, noncesPerAccount: 2 }, 100))
  const a = newDevice()
  expect(await use(a, '1', 0)).toBe('good')
  expect(await use({ ...a, device: 2 as DeviceId }, '1', 50)).toBe('good')
  expect(await use(a, '2', 60)).toBe('often')
  expect(await use({ ...a, device: 3 as DeviceId }, '2', 60)).toBe('often')
  expect(await use(newDevice(), '2', 60)).toBe('good')
  expect(await use(a, '2', 101)).toBe('good')
  expect(await use(a, '3', 102)).toBe('often')
})

test('relays over one store hold to the shares, and take nothing that another has taken', async () => {
  const taken = new Set<string>()
  const store = {
    use: async (who: string, nonce: string) => {
      const before = taken.size
      return taken.add(`${who} ${nonce}`).size > before
    },
  }
  const [first, second] = [1, 2].map(() =>
    useOf(createSharedNonces({ nonces: 10, noncesPerAccount: 2 }, 100, store))
  )
  const [a, b] = [newDevice(), newDevice()]
  expect(await first?.(a, '1', 0)).toBe('good')
  expect(await second?.(a, '1', 0)).toBe('used')
  expect(await first?.(a, '2', 0)).toBe('good')
  expect(await first?.(a, '3', 0)).toBe('often')
  expect(await first?.(b, '3', 0)).toBe('good')
  // What is over the share takes no room in the store.
  expect(taken.size).toBe(3)
})

const newDevice = () => ({ account: randomUUID() as AccountId, device: 1 as DeviceId })
const useOf =
  (nonces: Nonces) =>
  (who: ReturnType<typeof newDevice>, nonce: string, now: number): Promise<NonceUse> =>
    nonces.use(who, nonce, now, who.account)
