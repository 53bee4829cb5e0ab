import type { DialTransportOptions, Transport } from '@libp2p/interface'
import { UnsupportedOperationError } from '@libp2p/interface'
import type { WebTransportComponents } from '@libp2p/webtransport'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, expect, test, vi } from 'vitest'
import { mapFailure } from '../../../src/adapters/network/failures.ts'
import { lazyWebTransport } from '../../../src/adapters/network/lazy-web-transport.ts'

const HASH = 'uEiAkH5a4DPGKUuOBjYw0CgwjvcJCJMD2K_1aluKR_tpevQ'
const PEER = '12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7'
const address = multiaddr(
  `/ip4/203.0.113.5/udp/4001/quic-v1/webtransport/certhash/${HASH}/certhash/${HASH}/p2p/${PEER}`
)
const others = [
  '/ip4/1.2.3.4/tcp/1/ws',
  '/ip4/1.2.3.4/udp/1/quic-v1',
  `/ip4/1.2.3.4/udp/1/webrtc-direct/certhash/${HASH}`,
]

const made = () => {
  let loads = 0
  const dialled: string[] = []
  const load = async () => {
    loads++
    const dial: Transport['dial'] = async (to) => {
      dialled.push(to.toString())
      throw new Error('nobody answers')
    }
    return { webTransport: () => () => ({ dial }) as Transport }
  }
  const transport = lazyWebTransport(load)({} as WebTransportComponents)
  return { transport, loads: () => loads, dialled }
}
const options = {} as DialTransportOptions
afterEach(() => vi.unstubAllGlobals())

test('claims WebTransport addresses and no others, and cannot listen', () => {
  const { transport, loads } = made()
  expect(transport.dialFilter([address, ...others.map((text) => multiaddr(text))])).toEqual([address])
  expect(transport.listenFilter([address])).toEqual([])
  expect(() => transport.createListener({} as never)).toThrow(UnsupportedOperationError)
  expect(loads()).toBe(0)
})

test('loads its code at the first dial, and a dial that fails is a typed error', async () => {
  vi.stubGlobal('WebTransport', class {})
  const { transport, loads, dialled } = made()
  const failure: unknown = await transport.dial(address, options).catch((error: unknown) => error)
  expect(loads()).toBe(1)
  expect(dialled).toEqual([address.toString()])
  expect(mapFailure(failure)).toEqual({ kind: 'network', reason: 'relay-unreachable' })
})

test('where there is no WebTransport, nothing is loaded and the error says unsupported', async () => {
  vi.stubGlobal('WebTransport', undefined)
  Reflect.deleteProperty(globalThis, 'WebTransport')
  const { transport, loads } = made()
  const failure: unknown = await transport.dial(address, options).catch((error: unknown) => error)
  expect(mapFailure(failure)).toEqual({ kind: 'network', reason: 'unsupported' })
  expect(loads()).toBe(0)
})
