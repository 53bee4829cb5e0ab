import { expect, test } from 'vitest'
import { infoOf } from './kit/peer.ts'
import { startTestRelay } from './kit/relay.ts'

test('behind a balancer each relay names an address of its own for peer-to-peer connections', async () => {
  const publicUrl = new URL('https://chat.example.org')
  await using relay = await startTestRelay({
    config: { publicUrl, p2pUrl: new URL('https://b.chat.example.org') },
  })
  const { name, addresses, peerId } = await infoOf(relay.url)
  expect(name).toBe('chat.example.org')
  expect(addresses).toEqual([`/dns4/b.chat.example.org/tcp/443/tls/ws/p2p/${peerId}`])
})
