import { mailboxHello } from '../../../../src/core/devices/mailbox-hello.ts'
import { createPeerNetwork } from '../../../../src/adapters/network/peer-network.ts'
import type { LocalPeer, PeerEvent, PeerNetwork } from '../../../../src/core/ports/network.ts'
import { systemClock, systemRandom } from '../../../../src/host/platform.ts'
import { accountIdBytes } from '../../../../src/protocol/ids.ts'
import { until } from '../../../support/until.ts'
import { newDevice, type Device } from '../../relay/kit/device.ts'
import { infoOf } from '../../relay/kit/peer.ts'

/** A peer network in this process, of a device that is registered at a relay, with a memory for all that it reported. */
export interface TestNode extends AsyncDisposable {
  readonly network: PeerNetwork
  readonly device: Device
  readonly events: readonly PeerEvent[]
  local(): LocalPeer | null
  /** The newest state of the link to the relay. */
  relayState(): string | undefined
  peerState(peerId: string): string | undefined
  framesFrom(peerId: string): readonly Uint8Array[]
  mailboxFrames(): readonly Uint8Array[]
  /** Waits until the mailbox stream is up and a reservation is made. */
  ready(): Promise<LocalPeer>
}

/** The hello that a device makes, as the core does. */
export const helloOf =
  (device: Device) =>
  (ownPeer: Uint8Array, relayPeer: Uint8Array): Promise<Uint8Array> =>
    mailboxHello(
      {
        account: accountIdBytes(device.account),
        device: device.device,
        created: Date.now(),
        ownPeer,
        relayPeer,
      },
      device.requestKey.sign
    )

/** Watches a network that somebody else starts. */
export const watch = (network: PeerNetwork) => {
  const events: PeerEvent[] = []
  network.onEvent((event) => void events.push(event))
  const last = <T extends PeerEvent['type']>(type: T) =>
    events.findLast((event): event is Extract<PeerEvent, { type: T }> => event.type === type)
  const watcher = {
    events,
    local: () => last('local')?.peer ?? null,
    relayState: () => last('relay')?.state,
    peerState: (peerId: string) =>
      events
        .flatMap((event) => (event.type === 'peer' && event.peerId === peerId ? [event.state] : []))
        .at(-1),
    framesFrom: (peerId: string) =>
      events.flatMap((event) => (event.type === 'frame' && event.peerId === peerId ? [event.frame] : [])),
    mailboxFrames: () => events.flatMap((event) => (event.type === 'mailbox' ? [event.frame] : [])),
    ready: () =>
      until('the node is reachable', () =>
        watcher.relayState() === 'connected' ? watcher.local() : undefined
      ),
  }
  return watcher
}

/** Starts a node at the relay `url`. */
export const startTestNode = async (url: string): Promise<TestNode> => {
  const device = await newDevice(url)
  await device.ready()
  const network = createPeerNetwork({ clock: systemClock, random: systemRandom, secure: false })
  const watcher = watch(network)
  await network.start([{ origin: url, info: await infoOf(url) }], helloOf(device))
  return { network, device, ...watcher, [Symbol.asyncDispose]: () => network.stop() }
}
