/** The watch over a connection to a real relay: libp2p allows one ping stream a connection, the watch has to do with it. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createRelayWatch } from '../../../src/adapters/network/watch-relay.ts'
import { systemClock, systemRandom } from '../../../src/host/platform.ts'
import { dialRelay, newPeer } from '../relay/kit/peer.ts'
import { startTestRelay, type TestRelay } from '../relay/kit/relay.ts'

const PATIENCE = 30_000

let relay: TestRelay
let peer: Awaited<ReturnType<typeof newPeer>>

beforeEach(async () => {
  relay = await startTestRelay()
  peer = await newPeer()
})
afterEach(async () => {
  await peer.stop()
  await relay[Symbol.asyncDispose]()
})

test('a connection that is watched anew, or twice, is asked over the same stream', async () => {
  const connection = await dialRelay(peer, relay.url)
  const silences: Error[] = []
  const watch = createRelayWatch()
  const begin = () =>
    watch({
      clock: systemClock,
      random: systemRandom,
      connection,
      onSilence: (reason) => silences.push(reason),
    })
  const first = begin()
  await first.probe(PATIENCE)
  expect(first.roundTrip()).toBeGreaterThan(0)
  first.stop()

  const [second, third] = [begin(), begin()]
  await Promise.all([second.probe(PATIENCE), third.probe(PATIENCE)])
  expect(silences).toEqual([])
  expect([second.roundTrip(), third.roundTrip()].every((time) => time !== null && time > 0)).toBe(true)
  second.stop()
  third.stop()
})

test('a stream that the relay ended makes room for the next', async () => {
  const connection = await dialRelay(peer, relay.url)
  const silences: Error[] = []
  const liveness = createRelayWatch()({
    clock: systemClock,
    random: systemRandom,
    connection,
    onSilence: (reason) => silences.push(reason),
  })
  await liveness.probe(PATIENCE)
  const kept = connection.streams.find(({ protocol }) => protocol === '/ipfs/ping/1.0.0')
  kept?.abort(new Error('reset'))
  await liveness.probe(PATIENCE)
  expect({ had: kept !== undefined, silences }).toEqual({ had: true, silences: [] })
  liveness.stop()
})
