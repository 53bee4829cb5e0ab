import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Connection, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Clock, Random } from '../../core/ports/platform.ts'
import type { RelayLinkState } from '../../core/ports/network.ts'
import { HelloSchema, MailboxFrameSchema } from '../../protocol/gen/wire_pb.js'
import { PROTOCOLS } from '../../protocol/limits.ts'
import { NOTHING_UNKNOWN } from '../../protocol/nothing-unknown.ts'
import { backoff } from '../../lib/backoff.ts'
import { frameStream, type FrameStream } from './frame-stream.ts'
import type { Liveness } from './liveness.ts'
import type { RelayWatch } from './watch-relay.ts'

/** First tries come fast: most often the relay was only restarted. */
const FAST = { first: 300, most: 4_000 }
const SLOW = { first: 4_000, most: 30_000 }
const FAST_TRIES = 30
const DIAL_TIMEOUT = 6_000
const STREAM_TIMEOUT = 8_000
/** Patience after sleep or a change of network. */
const PROBE = 3_000
const RESERVATION_CHECK = 10_000

/** What a link needs of the libp2p node. */
export interface LinkNode {
  readonly peerId: PeerId
  getConnections(peer: PeerId): Connection[]
  dial(address: Multiaddr, options: { signal: AbortSignal }): Promise<Connection>
  /** Asks this relay for a reservation unless there is one. */
  reserve(peer: PeerId): Promise<void>
}

export interface RelayLinkDeps {
  readonly clock: Clock
  readonly random: Random
  readonly node: LinkNode
  readonly peer: PeerId
  readonly addresses: readonly Multiaddr[]
  /** Makes the serialized Hello for the two peer ids. */
  hello(own: Uint8Array, relay: Uint8Array): Promise<Uint8Array>
  onState(state: RelayLinkState): void
  onFrame(frame: Uint8Array): void
  /** The one of the node: two links may share a connection. */
  readonly watch: RelayWatch
}

/** The connection to one home relay with the mailbox stream on it, kept up for as long as the link runs. */
export interface RelayLink {
  readonly peer: PeerId
  /** False when the stream is not up. */
  send(frame: Uint8Array): Promise<boolean>
  /** Tries at once, and looks whether what seems connected is so. */
  wake(): void
  stop(): Promise<void>
}

/** Starts a link. */
export const createRelayLink = (deps: RelayLinkDeps): RelayLink => {
  const { clock, node, peer } = deps
  const running = new AbortController()
  let state: RelayLinkState | undefined
  let stream: FrameStream | undefined
  let failures = 0
  let hurry = (): void => {}
  let liveness: Liveness | undefined

  const setState = (next: RelayLinkState): void => {
    if (state === next) return
    state = next
    deps.onState(next)
  }

  const connect = async (): Promise<Connection> => {
    const open = node.getConnections(peer).find((one) => one.status === 'open')
    if (open) return open
    let reason: unknown = new Error('no address of this relay can be dialled from here')
    for (const address of deps.addresses) {
      try {
        return await node.dial(address, {
          signal: AbortSignal.any([running.signal, AbortSignal.timeout(DIAL_TIMEOUT)]),
        })
      } catch (error) {
        reason = error
        if (running.signal.aborted) break
      }
    }
    throw reason
  }

  /** Opens the mailbox stream and says hello; the relay's first frame is its consent. Undefined when it refused. */
  const open = async (connection: Connection, ended: () => void): Promise<FrameStream | undefined> => {
    const signal = AbortSignal.any([running.signal, AbortSignal.timeout(STREAM_TIMEOUT)])
    const raw = await connection.newStream(PROTOCOLS.mailbox, { signal })
    const hello = await deps.hello(node.peerId.toMultihash().bytes, peer.toMultihash().bytes)
    const first = Promise.withResolvers<'welcome' | 'refused' | 'silent'>()
    let welcome = false
    const frames = frameStream(raw, {
      onFrame: (frame) => {
        if (!welcome && isRefusal(frame)) return first.resolve('refused')
        welcome = true
        first.resolve('welcome')
        deps.onFrame(frame)
      },
      onEnd: () => {
        first.resolve('silent')
        ended()
      },
    })
    signal.addEventListener('abort', () => first.resolve('silent'))
    const message = create(MailboxFrameSchema, {
      frame: { case: 'hello', value: fromBinary(HelloSchema, hello, NOTHING_UNKNOWN) },
    })
    await frames.send(toBinary(MailboxFrameSchema, message))
    const answer = await first.promise
    if (answer === 'welcome') return frames
    frames.abort()
    if (answer === 'silent') throw new Error('no answer to the hello')
    return undefined
  }

  const dropAll = (reason: Error): void => {
    for (const one of node.getConnections(peer)) one.abort(reason)
  }

  /** One connection from its beginning to its end; whether it ever was up. */
  const session = async (): Promise<boolean> => {
    let connection: Connection | undefined
    let cancelCheck = (): void => {}
    try {
      const ended = Promise.withResolvers<void>()
      connection = await connect()
      stream = await open(connection, () => ended.resolve())
      if (!stream) return false
      if (running.signal.aborted) return true
      failures = 0
      setState('connected')
      const check = (): void => {
        cancelCheck = clock.after(RESERVATION_CHECK, check)
        void node.reserve(peer).catch(() => undefined)
      }
      cancelCheck = clock.after(RESERVATION_CHECK, check)
      liveness = deps.watch({ clock, random: deps.random, connection, onSilence: dropAll })
      await ended.promise
      return true
    } catch {
      // A connection on which no stream can be opened is no better than none.
      if (connection && !running.signal.aborted) connection.abort(new Error('no mailbox stream'))
      return false
    } finally {
      stream = undefined
      liveness?.stop()
      liveness = undefined
      cancelCheck()
    }
  }

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const cancel = clock.after(ms, resolve)
      hurry = () => {
        cancel()
        resolve()
      }
    })

  const run = async (): Promise<void> => {
    while (!running.signal.aborted) {
      if (failures === 0) setState('connecting')
      const lasted = await session()
      if (running.signal.aborted) break
      failures = lasted ? 0 : failures + 1
      setState(failures === 0 ? 'connecting' : 'down')
      const policy = failures < FAST_TRIES ? FAST : SLOW
      const tries = failures < FAST_TRIES ? failures + 1 : failures - FAST_TRIES + 1
      await pause(backoff(policy, tries, deps.random.fraction()))
      hurry = () => {}
    }
  }
  void run()

  return {
    peer,
    send: async (frame) => (stream ? stream.send(frame) : false),
    wake: () => {
      failures = 0
      hurry()
      void liveness?.probe(PROBE)
    },
    stop: async () => {
      running.abort()
      hurry()
      await stream?.close()
    },
  }
}

const isRefusal = (frame: Uint8Array): boolean => {
  try {
    return fromBinary(MailboxFrameSchema, frame, NOTHING_UNKNOWN).frame.case === 'refused'
  } catch {
    return true
  }
}
