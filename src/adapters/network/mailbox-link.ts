import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Connection } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { RelayLinkState } from '../../core/ports/network.ts'
import type { Clock, Random } from '../../core/ports/platform.ts'
import { backoff } from '../../lib/backoff.ts'
import { HelloSchema, MailboxFrameSchema } from '../../protocol/gen/wire_pb.js'
import { PROTOCOLS } from '../../protocol/limits.ts'
import { frameStream, type FrameStream } from './frame-stream.ts'
import type { Node } from './libp2p-node.ts'

export interface MailboxLinkDeps {
  readonly node: Node
  readonly clock: Clock
  readonly random: Random
  readonly peerId: string
  readonly addresses: readonly Multiaddr[]
  readonly hello: (own: Uint8Array, relay: Uint8Array) => Promise<Uint8Array>
  readonly onState: (state: RelayLinkState) => void
  readonly onFrame: (frame: Uint8Array) => void
}

/** The lasting link to one home relay: a connection, a reservation and a mailbox stream, restored for as long as it is wanted. */
export interface MailboxLink {
  send(frame: Uint8Array): Promise<boolean>
  /** The link may be dead without knowing it (sleep, another network): ask now. */
  check(): void
  stop(): void
}

const DIAL_TIMEOUT = 8_000
const CHECK_TIMEOUT = 3_000
/** Quick at first, since most outages are short; never slower than people can bear. */
const PACE = { first: 400, most: 5_000 }

/** Makes the link and starts it. */
export const openMailboxLink = (deps: MailboxLinkDeps): MailboxLink => {
  const { node, clock } = deps
  const relay = peerIdFromString(deps.peerId)
  let stream: FrameStream | undefined
  let connecting = false
  let failures = 0
  let stopped = false
  let cancel = () => {}

  const again = (): void => {
    if (stopped || connecting || stream) return
    failures++
    cancel()
    deps.onState(failures > 2 ? 'down' : 'connecting')
    cancel = clock.after(backoff(PACE, failures, deps.random.fraction()), () => void connect())
  }

  const openConnection = async (): Promise<Connection> => {
    const open = node.getConnections(relay).find((connection) => connection.status === 'open' && !connection.limits)
    if (open) return open
    let last: unknown = new Error('the relay has no address')
    for (const address of deps.addresses) {
      try {
        return await node.dial(address, { signal: AbortSignal.timeout(DIAL_TIMEOUT), force: true })
      } catch (error) {
        last = error
      }
    }
    throw last
  }

  const connect = async (): Promise<void> => {
    if (stopped || connecting || stream) return
    connecting = true
    try {
      const connection = await openConnection()
      // The tag makes libp2p keep (and reserve at) this peer; a reservation follows each new connection by itself.
      await node.peerStore.merge(relay, { multiaddrs: [...deps.addresses], tags: { 'keep-alive-relay': { value: 100 } } })
      const raw = await connection.newStream(PROTOCOLS.mailbox, { signal: AbortSignal.timeout(DIAL_TIMEOUT) })
      const made: FrameStream = frameStream(raw, {
        frame: (frame) => {
          if (isRefusal(frame)) return
          failures = 0
          deps.onState('connected')
          deps.onFrame(frame)
        },
        close: () => {
          if (stream === made) stream = undefined
          again()
        },
      })
      stream = made
      const hello = await deps.hello(node.peerId.toMultihash().bytes, relay.toMultihash().bytes)
      const frame = create(MailboxFrameSchema, { frame: { case: 'hello', value: fromBinary(HelloSchema, hello) } })
      if (!(await made.send(toBinary(MailboxFrameSchema, frame)))) throw new Error('the relay did not take the hello')
      connecting = false
    } catch {
      connecting = false
      stream?.close()
      stream = undefined
      again()
    }
  }

  const check = (): void => {
    if (!stream) {
      failures = 0
      cancel()
      void connect()
      return
    }
    void node.services.ping.ping(relay, { signal: AbortSignal.timeout(CHECK_TIMEOUT) }).catch(async () => {
      for (const connection of node.getConnections(relay)) connection.abort(new Error('no answer after waking up'))
    })
  }

  deps.onState('connecting')
  void connect()
  return {
    send: async (frame) => (await stream?.send(frame)) ?? false,
    check,
    stop: () => {
      stopped = true
      cancel()
      stream?.close()
    },
  }
}

/** The relay does not take us (yet): not a working link, so the pace goes on slowing down. */
const isRefusal = (frame: Uint8Array): boolean => {
  try {
    return fromBinary(MailboxFrameSchema, frame).frame.case === 'refused'
  } catch {
    return true
  }
}
