import { kadDHT, passthroughMapper, type KadDHT } from '@libp2p/kad-dht'
import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { RELAY_LIMITS } from '../../../relay-server/limits.ts'
import { toBase64Url, utf8 } from '../../../src/lib/bytes.ts'
import { PROTOCOLS } from '../../../src/protocol/limits.ts'
import { listDhtKey } from '../../../src/protocol/list-record.ts'
import { until } from '../../support/until.ts'
import { newDevice, sealedRecord, type Device } from './kit/device.ts'
import { dialRelay } from './kit/peer.ts'
import { startTestRelay, type TestRelay } from './kit/relay.ts'

type DhtPeer = Libp2p<{ dht: KadDHT }>
let relay: TestRelay
const peers: DhtPeer[] = []

beforeAll(async () => {
  relay = await startTestRelay({ limits: { foreignLists: 3 } })
})
afterEach(async () => {
  await Promise.all(peers.splice(0).map(async (peer) => peer.stop()))
})
afterAll(() => relay[Symbol.asyncDispose]())

/** A client that believes everything: what is refused is refused by the relay. */
const newDhtPeer = async (url = relay.url): Promise<DhtPeer> => {
  const peer = await createLibp2p({
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false },
    services: {
      identify: identify(),
      ping: ping(),
      dht: kadDHT({
        protocol: PROTOCOLS.dht,
        clientMode: true,
        peerInfoMapper: passthroughMapper,
        allowQueryWithZeroPeers: true,
        validators: { 'mepassa-dl': () => {} },
        selectors: { 'mepassa-dl': () => 0 },
      }),
    },
  })
  peers.push(peer)
  await dialRelay(peer, url)
  const { routingTable } = peer.services.dht as KadDHT & { routingTable: { size: number } }
  await until('the relay is in the routing table', () => routingTable.size > 0)
  return peer
}

/** True if the relay took the record. */
const put = async (peer: DhtPeer, key: Uint8Array, record: Uint8Array): Promise<boolean> => {
  let taken = false
  for await (const event of peer.services.dht.put(key, record, { signal: AbortSignal.timeout(60_000) })) {
    if (event.name === 'PEER_RESPONSE' && event.messageName === 'PUT_VALUE') taken = true
  }
  return taken
}

/** What a fresh client finds. */
const get = async (locator: string): Promise<string | undefined> => {
  const peer = await newDhtPeer()
  try {
    for await (const event of peer.services.dht.get(listDhtKey(locator), {
      signal: AbortSignal.timeout(60_000),
    })) {
      if (event.name === 'VALUE') return toBase64Url(event.value)
    }
  } catch {
    return undefined
  }
  return undefined
}

const overHttp = async (locator: string): Promise<string> =>
  toBase64Url(new Uint8Array(await (await fetch(`${relay.url}/v1/lists/${locator}`)).arrayBuffer()))
const newReady = async (): Promise<Device> => {
  const device = await newDevice(relay.url)
  await device.ready()
  return device
}

test('a list put over HTTP is found in the DHT, and the other way about', async () => {
  const ana = await newReady()
  const first = await ana.record(1)
  expect((await ana.send('PUT', `/v1/lists/${ana.locator}`, first)).status).toBe(204)
  expect(await get(ana.locator)).toBe(toBase64Url(first))
  const second = await ana.record(2)
  expect(await put(await newDhtPeer(), listDhtKey(ana.locator), second)).toBe(true)
  expect(await overHttp(ana.locator)).toBe(toBase64Url(second))
})

test('replaying an old valid record does not roll the list back', async () => {
  const ana = await newReady()
  const peer = await newDhtPeer()
  const [first, second] = [await ana.record(1), await ana.record(2)]
  const key = listDhtKey(ana.locator)
  expect(await put(peer, key, first)).toBe(true)
  expect(await put(peer, key, second)).toBe(true)
  expect(await put(peer, key, first)).toBe(false)
  expect(await put(peer, key, await ana.record(2, 'fork'))).toBe(false)
  expect(await get(ana.locator)).toBe(toBase64Url(second))
  expect(await overHttp(ana.locator)).toBe(toBase64Url(second))
  // Renewing what is there is fine.
  expect(await put(peer, key, second)).toBe(true)
})

test('forged records, other writers and other keys are refused', async () => {
  const [ana, eve] = [await newReady(), await newReady()]
  const peer = await newDhtPeer()
  const key = listDhtKey(ana.locator)
  const first = await ana.record(1)
  expect(await put(peer, key, first)).toBe(true)
  const forged = (await ana.record(9)).slice()
  forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1
  const wrong: [Uint8Array, Uint8Array][] = [
    [key, forged],
    [key, await sealedRecord(eve.publishKey, ana.locator, 9, new Uint8Array(9))],
    [key, await eve.record(9)],
    [key, utf8('nonsense')],
    [utf8('/mepassa-dl/short'), await ana.record(9)],
    [utf8('/other/key'), await ana.record(9)],
  ]
  for (const [where, record] of wrong) expect(await put(peer, where, record).catch(() => false)).toBe(false)
  expect(await overHttp(ana.locator)).toBe(toBase64Url(first))
})

test('a network brings few lists that are new here, and renews those that are', async () => {
  const rates = { ...RELAY_LIMITS.rates, newLists: { points: 1, per: 60 * 60 * 1000 } }
  await using small = await startTestRelay({ limits: { rates } })
  const peer = await newDhtPeer(small.url)
  const [one, other, ana] = [
    await newDevice(small.url),
    await newDevice(small.url),
    await newDevice(small.url),
  ]
  expect(await put(peer, listDhtKey(one.locator), await one.record(1))).toBe(true)
  expect(await put(peer, listDhtKey(other.locator), await other.record(1))).toBe(false)
  expect(await put(peer, listDhtKey(one.locator), await one.record(2))).toBe(true)
  await ana.ready()
  expect((await ana.send('PUT', `/v1/lists/${ana.locator}`, await ana.record(1))).status).toBe(204)
})

test('strangers’ lists have an end, which accounts at home do not feel', async () => {
  const peer = await newDhtPeer()
  const taken: boolean[] = []
  for (let count = 0; count < 4; count++) {
    const stranger = await newDevice(relay.url)
    taken.push(await put(peer, listDhtKey(stranger.locator), await stranger.record(1)))
  }
  // Lists of the tests before count too, as far as no device put them over HTTP.
  expect(taken.at(-1)).toBe(false)
  const ana = await newReady()
  expect((await ana.send('PUT', `/v1/lists/${ana.locator}`, await ana.record(1))).status).toBe(204)
})
