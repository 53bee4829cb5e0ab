/** What a relay keeps of peers that have left. */
import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { expect, test } from 'vitest'
import { forgetLeavers } from '../../../relay-server/p2p/forget-leavers.ts'
import { until } from '../../support/until.ts'

const options = {
  transports: [webSockets()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  connectionGater: { denyDialMultiaddr: () => false },
}

test('a peer that has left is not remembered, one that is connected is', async () => {
  const relay = await createLibp2p({
    ...options,
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0/ws'] },
    services: { identify: identify(), relay: circuitRelayServer() },
  })
  forgetLeavers(relay)
  const [stays, leaves] = await Promise.all(
    [1, 2].map(() => createLibp2p({ ...options, services: { identify: identify() } }))
  )
  if (!stays || !leaves) throw new Error('no peers')
  for (const peer of [stays, leaves]) await peer.dial(relay.getMultiaddrs())
  await until('both are known', async () => (await relay.peerStore.all()).length === 2)
  await leaves.stop()
  await until('one is forgotten', async () => (await relay.peerStore.all()).length === 1)
  expect(await relay.peerStore.has(stays.peerId)).toBe(true)
  await stays.stop()
  await relay.stop()
})
