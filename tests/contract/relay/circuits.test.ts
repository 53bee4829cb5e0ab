import type { Libp2p } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { until } from '../../support/until.ts'
import { newDevice } from './kit/device.ts'
import { caughtUp, dialRelay, infoOf, newCircuitPeer, newPeer, openMailbox } from './kit/peer.ts'
import { startTestRelay, type TestRelay } from './kit/relay.ts'

let relay: TestRelay
const peers: Libp2p[] = []

beforeEach(async () => {
  relay = await startTestRelay({ config: { webRtcPort: 0 } })
})
afterEach(async () => {
  await Promise.all(peers.splice(0).map(async (peer) => peer.stop()))
  await relay[Symbol.asyncDispose]()
})

const circuitPeer = async (): Promise<Libp2p> => {
  const peer = await newCircuitPeer()
  peers.push(peer)
  return peer
}

describe('circuits', () => {
  test('two clients meet over the relay, for small things alone', async () => {
    const [ana, bia] = [await circuitPeer(), await circuitPeer()]
    const heard: number[] = []
    await bia.handle(
      '/test/echo',
      (stream) => stream.addEventListener('message', ({ data }) => heard.push(data.byteLength)),
      { runOnLimitedConnection: true }
    )
    await dialRelay(bia, relay.url)
    await until('there is a reservation', () =>
      bia.getMultiaddrs().some((address) => address.toString().includes('p2p-circuit'))
    )
    const { addresses } = await infoOf(relay.url)
    const circuit = multiaddr(`${addresses[0]}/p2p-circuit/p2p/${bia.peerId.toString()}`)
    const connection = await ana.dial(circuit)
    expect(connection.limits).toBeDefined()
    const stream = await connection.newStream('/test/echo', { runOnLimitedConnection: true })
    stream.send(new Uint8Array(1_000))
    await until('it arrives', () => heard.reduce((sum, size) => sum + size, 0) === 1_000)
    // Over the data limit the relay cuts the circuit: messages are not for this path.
    stream.send(new Uint8Array(200_000))
    await until('the circuit is cut', () => connection.status !== 'open')
    expect(heard.reduce((sum, size) => sum + size, 0)).toBeLessThan(131_072)
  })
})

test('a peer that left leaves its reservation', async () => {
  const reservations = async (): Promise<string | undefined> =>
    /^mepassa_circuit_reservations (\d+)$/m.exec(await (await fetch(`${relay.url}/metrics`)).text())?.[1]
  const ana = await circuitPeer()
  await dialRelay(ana, relay.url)
  await until('it has one', async () => (await reservations()) === '1')
  await ana.stop()
  await until('it has none', async () => (await reservations()) === '0')
  expect(await reservations()).toBe('0')
})

describe('WebRTC-direct', () => {
  test('carries a mailbox stream, and its address stays over restarts', async () => {
    const direct = async (): Promise<string> =>
      (await infoOf(relay.url)).addresses.find((address) => address.includes('/webrtc-direct/')) ?? ''
    const before = await direct()
    const certhash = /certhash\/([\w-]+)/.exec(before)?.[1]
    expect(certhash).toBeTruthy()
    const device = await newDevice(relay.url)
    await device.ready()
    const peer = await newPeer()
    peers.push(peer)
    const connection = await dialRelay(peer, relay.url, '/webrtc-direct/')
    expect(connection.remoteAddr.toString()).toContain('webrtc-direct')
    const client = await openMailbox(peer, relay.url, device)
    await caughtUp(client)

    const { peerId } = relay.relay()
    await relay.restart()
    expect(relay.relay().peerId).toBe(peerId)
    expect(await direct()).toContain(certhash)
  })
})

test('the relay’s keys are for its user alone, and stay', async () => {
  const path = join(relay.dataDir, 'relay-keys.json')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  const kept = await readFile(path, 'utf8')
  await relay.restart()
  expect(await readFile(path, 'utf8')).toBe(kept)
})
