import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf'
import type { Connection, Stream } from '@libp2p/interface'
import { toHex } from '../../src/lib/bytes.ts'
import {
  EnvelopeAckSchema,
  MailboxFrameSchema,
  RefusedSchema,
  type EnvelopeAck,
} from '../../src/protocol/gen/wire_pb.js'
import type { AccountId, DeviceId } from '../../src/protocol/ids.ts'
import { LIMITS } from '../../src/protocol/limits.ts'
import { NOTHING_UNKNOWN } from '../../src/protocol/nothing-unknown.ts'
import type { RelayContext } from '../context.ts'
import { LIBP2P_LIMITS } from '../limits.ts'
import { openFrameChannel, type FrameChannel } from '../p2p/frame-channel.ts'
import { checkHello } from './hello.ts'
import { createPump, type Pump } from './pump.ts'

type FrameInit = NonNullable<MessageInitShape<typeof MailboxFrameSchema>['frame']>
type Deps = Pick<RelayContext, 'store' | 'hub' | 'metrics' | 'config' | 'now'>

/** Handles `/mepassa/mailbox/1.0.0` on the relay; `relayPeer` are the multihash bytes of its own peer id. */
export const createMailboxProtocol =
  (deps: Deps, relayPeer: Uint8Array) =>
  (stream: Stream, connection: Connection): void => {
    const { store, now } = deps
    const peers = { device: connection.remotePeer.toMultihash().bytes, relay: relayPeer }
    let session: ReturnType<typeof openSession> | undefined
    let ended = false
    const tooLate = setTimeout(() => channel.abort(), LIBP2P_LIMITS.helloTimeout)
    const channel = openFrameChannel(stream, {
      onFrame: async (bytes) => {
        const { frame } = fromBinary(MailboxFrameSchema, bytes, NOTHING_UNKNOWN)
        if (session && frame.case === 'ack') return session.acknowledge(frame.value)
        if (session || frame.case !== 'hello') throw new Error('unexpected frame')
        clearTimeout(tooLate)
        const who = await checkHello(frame.value, peers, store.devices, now())
        if (ended) return
        if (who) session = openSession(deps, channel, who.account, who.device)
        else await refuse(channel, 'unauthorized')
      },
      onEnd: () => {
        ended = true
        clearTimeout(tooLate)
        session?.close()
      },
    })
  }

/** One device's stream after its hello: everything that waits, then what comes. */
const openSession = (deps: Deps, channel: FrameChannel, account: AccountId, device: DeviceId) => {
  const { store, hub, metrics, config, now } = deps
  const { window, pageBytes } = config.limits
  const pump: Pump = createPump({
    window,
    read: (seq, count) => store.mailbox.after(account, device, seq, { count, bytes: pageBytes, now: now() }),
    deliver: (delivery) => send(channel, { case: 'delivery', value: delivery }),
    caughtUp: () => send(channel, { case: 'caughtUp', value: {} }),
    failed: channel.abort,
  })
  const leave = hub.open(account, device, {
    wake: pump.wake,
    forward: pump.forward,
    end: (code) => {
      pump.stop()
      return refuse(channel, code).catch(channel.abort)
    },
  })
  pump.wake()
  return {
    acknowledge: async ({ ids }: EnvelopeAck): Promise<void> => {
      if (ids.length === 0 || ids.length > LIMITS.receiptIds || ids.some((id) => id.length !== 16))
        throw new Error('malformed')
      const names = ids.map(toHex)
      // What is not stored yet cannot be deleted yet.
      await pump.settled(names)
      metrics.delivered(await store.mailbox.acknowledge(account, device, ids))
      pump.acknowledged(names)
      await send(channel, { case: 'deleted', value: create(EnvelopeAckSchema, { ids }) })
    },
    close: () => {
      leave()
      pump.stop()
    },
  }
}

const send = (channel: FrameChannel, frame: FrameInit): Promise<void> =>
  channel.send(toBinary(MailboxFrameSchema, create(MailboxFrameSchema, { frame })))

const refuse = async (channel: FrameChannel, code: string): Promise<void> => {
  await send(channel, { case: 'refused', value: create(RefusedSchema, { code }) })
  await channel.close()
}
