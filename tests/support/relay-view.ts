/** What passes between people and the relay, as its sockets see it. */
import type { World } from './world.ts'

/** Bytes that both people and the relay have exchanged so far, both ways. */
export const carried = ({ network }: World): number =>
  [network.a, network.b].reduce((sum, { relayPath }) => {
    const { toRelay, fromRelay } = relayPath.bytes()
    return sum + toRelay + fromRelay
  }, 0)

/** How many deposits pages have asked the relay for; the world must record. */
export const deposits = ({ network }: World): number =>
  [network.a, network.b].reduce(
    (sum, { relayPath }) =>
      sum + relayPath.recorded().toString('latin1').split('POST /v1/mailboxes/').length - 1,
    0
  )
