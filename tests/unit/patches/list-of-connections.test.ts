/** patches/libp2p: a list of all connections is filled, not copied once more for each peer. Two such lists are made for every connection that comes. */
import type { Connection, Libp2p } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { createLibp2p } from 'libp2p'
import { expect, it, vi } from 'vitest'

const PEERS = 20

it('lists the connections of many peers without a copy for each', async () => {
  const node = await createLibp2p({ start: false })
  const { components } = node as Libp2p & { components: { connectionManager: ConnectionManager } }
  const peers = components.connectionManager.getConnectionsMap()
  for (let n = 0; n < PEERS; n++) {
    const peer = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
    peers.set(peer, [{ id: `${n} first` }, { id: `${n} second` }] as Connection[])
  }
  const copy = vi.spyOn(Array.prototype, 'concat')
  const ids = node.getConnections().map(({ id }) => id)
  const copies = copy.mock.calls.length
  copy.mockRestore()
  expect(new Set(ids).size).toBe(2 * PEERS)
  expect(copies).toBe(0)
})
