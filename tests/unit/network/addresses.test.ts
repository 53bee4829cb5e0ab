import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { introductions, parsePeerId, relayAddresses } from '../../../src/adapters/network/addresses.ts'

const RELAY = '12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7'
const OTHER = '12D3KooWDe5f82A9SpkhkKZ1G4mT4oQ7MhxdUXxiQN2yVU7YcehM'
const PEER = '12D3KooWKJWUSyRvv78VY6pgKySpAa7R9WBPz4J6wNaTU9kRiBeT'
const HASH = 'uEiAkH5a4DPGKUuOBjYw0CgwjvcJCJMD2K_1aluKR_tpevQ'
const wss = `/dns4/relay.example/tcp/443/tls/ws/p2p/${RELAY}`
const ws = `/ip4/127.0.0.1/tcp/8080/ws/p2p/${RELAY}`
const direct = `/ip4/203.0.113.5/udp/4001/webrtc-direct/certhash/${HASH}/p2p/${RELAY}`
const transport = `/ip4/203.0.113.5/udp/4001/quic-v1/webtransport/certhash/${HASH}/p2p/${RELAY}`
const over = (relay: string): string => `${relay}/p2p-circuit/webrtc/p2p/${PEER}`
const relay = (...addresses: string[]) => ({ peerId: RELAY, addresses })

describe('addresses of a relay', () => {
  test('keep their order; a plain WebSocket is for plain pages', () => {
    const all = [direct, ws, wss, transport]
    expect(relayAddresses(relay(...all), false).map(String)).toEqual(all)
    expect(relayAddresses(relay(...all), true).map(String)).toEqual([direct, wss, transport])
  })

  test.each([
    ['of another peer', `/ip4/127.0.0.1/tcp/1/ws/p2p/${OTHER}`],
    ['of no peer', '/ip4/127.0.0.1/tcp/1/ws'],
    ['behind a circuit', `${ws}/p2p-circuit/p2p/${RELAY}`],
    ['that needs a DNS query', `/dnsaddr/relay.example/p2p/${RELAY}`],
    ['of TCP', `/ip4/127.0.0.1/tcp/1/p2p/${RELAY}`],
    ['that is too long', `/dns4/${'a'.repeat(600)}/tcp/1/ws/p2p/${RELAY}`],
    ['that is none', 'wss://relay.example'],
  ])('one %s is left out', (_name, address) => {
    expect(relayAddresses(relay(address, wss), false).map(String)).toEqual([wss])
  })
})

describe('addresses of a contact', () => {
  const of = (...addresses: string[]) => ({ peerId: PEER, addresses })
  const at = (peer: ReturnType<typeof of>, secure = false, connected: string[] = []) =>
    introductions(peer, secure, (id) => connected.includes(id)).map(({ address }) => String(address))

  test('one a relay, the relays we are connected to first', () => {
    const elsewhere = over(`/dns4/b.example/tcp/443/tls/ws/p2p/${OTHER}`)
    expect(at(of(over(wss), over(direct), elsewhere))).toEqual([over(wss), elsewhere])
    expect(at(of(over(wss), over(direct), elsewhere), false, [OTHER])).toEqual([elsewhere, over(wss)])
    expect(at(of(over(ws), over(direct)), true)).toEqual([over(direct)])
  })

  test.each([
    ['to somebody else', `${wss}/p2p-circuit/webrtc/p2p/${OTHER}`],
    ['that is only a circuit', `${wss}/p2p-circuit/p2p/${PEER}`],
    ['of a direct socket', `/ip4/10.0.0.1/tcp/22/ws/p2p/${PEER}`],
    ['over two relays', over(`${wss}/p2p-circuit/p2p/${OTHER}`)],
    ['that is none', 'x'],
  ])('one %s is left out', (_name, address) => {
    expect(at(of(address))).toEqual([])
  })

  test('anything else is left out without an error', () => {
    const part = fc.constantFrom(
      '/p2p-circuit',
      '/webrtc',
      '/p2p/',
      PEER,
      RELAY,
      '/ws',
      '/ip4/1.2.3.4',
      '/tcp/1',
      '//',
      ''
    )
    const text = fc.oneof(
      fc.string(),
      fc.array(part, { maxLength: 12 }).map((parts) => parts.join(''))
    )
    fc.assert(
      fc.property(fc.array(text, { maxLength: 20 }), fc.boolean(), (addresses, secure) => {
        const found = introductions({ peerId: PEER, addresses }, secure, () => false)
        expect(found.length).toBeLessThanOrEqual(16)
        expect(found.every(({ address }) => address.toString().endsWith(`/webrtc/p2p/${PEER}`))).toBe(true)
        relayAddresses({ peerId: RELAY, addresses }, secure)
        addresses.forEach(parsePeerId)
      }),
      { numRuns: 1_000 }
    )
  })
})
