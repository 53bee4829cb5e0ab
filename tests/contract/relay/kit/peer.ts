import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf'
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify, type Identify } from '@libp2p/identify'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { peerIdFromString } from '@libp2p/peer-id'
import { ping, type Ping } from '@libp2p/ping'
import { webRTCDirect } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { mailboxHello } from '../../../../src/core/devices/mailbox-hello.ts'
import { toHex } from '../../../../src/lib/bytes.ts'
import { createFrameDecoder, encodeFrame } from '../../../../src/protocol/frames.ts'
import { HelloSchema, MailboxFrameSchema, type MailboxFrame } from '../../../../src/protocol/gen/wire_pb.js'
import { accountIdBytes } from '../../../../src/protocol/ids.ts'
import { PROTOCOLS } from '../../../../src/protocol/limits.ts'
import { InfoSchema, type Info } from '../../../../src/protocol/relay-api.ts'
import * as v from 'valibot'
import { until } from '../../../support/until.ts'
import type { Device } from './device.ts'

type FrameInit = NonNullable<MessageInitShape<typeof MailboxFrameSchema>['frame']>

/** A libp2p node of a client: the real transports, dial only, though it may say that it listens somewhere. */
export const newPeer = (
  announce: readonly string[] = []
): Promise<Libp2p<{ identify: Identify; ping: Ping }>> =>
  createLibp2p({
    addresses: { announce: [...announce] },
    transports: [webSockets(), webRTCDirect({ rtcConfiguration: { iceServers: [] } })],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    // As in the app, which asks by itself.
    connectionMonitor: { enabled: false },
    connectionGater: { denyDialMultiaddr: () => false },
    services: { identify: identify(), ping: ping() },
  })

/** A peer that can be reached through a relay: it listens there for circuits. */
export const newCircuitPeer = (): Promise<Libp2p> =>
  createLibp2p({
    addresses: { listen: ['/p2p-circuit'] },
    transports: [webSockets(), circuitRelayTransport()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false },
    services: { identify: identify() },
  })

export const infoOf = async (url: string): Promise<Info> =>
  v.parse(InfoSchema, await (await fetch(`${url}/v1/info`)).json())

export const dialRelay = async (peer: Libp2p, url: string, kind = '/ws/'): Promise<Connection> => {
  const address = (await infoOf(url)).addresses.find((one) => one.includes(kind))
  if (address === undefined) throw new Error(`the relay has no ${kind} address`)
  return peer.dial(multiaddr(address))
}

/** A device's end of a mailbox stream, keeping all that came. */
export interface MailboxClient {
  readonly frames: readonly MailboxFrame[]
  readonly stream: Stream
  deliveredIds(): string[]
  deletedIds(): string[]
  refused(): string | undefined
  caughtUp(): boolean
  send(frame: FrameInit): void
  sendRaw(bytes: Uint8Array): void
  ended(): boolean
  close(): Promise<void>
}

export interface OpenOptions {
  readonly created?: number
  /** Spoils the hello before it is sent. */
  readonly spoil?: (hello: Uint8Array) => Uint8Array
  /** No hello at all. */
  readonly silent?: boolean
}

/** Opens a mailbox stream and says hello. */
export const openMailbox = async (
  peer: Libp2p,
  url: string,
  device: Device,
  options: OpenOptions = {}
): Promise<MailboxClient> => {
  const connection = await dialRelay(peer, url)
  const stream = await connection.newStream(PROTOCOLS.mailbox)
  const decoder = createFrameDecoder()
  const frames: MailboxFrame[] = []
  let over = false
  stream.addEventListener('message', ({ data }) => {
    const read = decoder.push(data.subarray())
    if (!read.ok) throw new Error(read.error.reason)
    frames.push(...read.value.map((bytes) => fromBinary(MailboxFrameSchema, bytes)))
  })
  for (const event of ['close', 'remoteCloseWrite'] as const)
    stream.addEventListener(event, () => void (over = true))
  const sendRaw = (bytes: Uint8Array): void => void stream.send(bytes)
  const send = (frame: FrameInit): void =>
    sendRaw(encodeFrame(toBinary(MailboxFrameSchema, create(MailboxFrameSchema, { frame }))))

  if (options.silent !== true) {
    const relayPeer = peerIdFromString((await infoOf(url)).peerId)
    const hello = await mailboxHello(
      {
        account: accountIdBytes(device.account),
        device: device.device,
        created: options.created ?? Date.now(),
        ownPeer: peer.peerId.toMultihash().bytes,
        relayPeer: relayPeer.toMultihash().bytes,
      },
      device.requestKey.sign
    )
    send({ case: 'hello', value: fromBinary(HelloSchema, options.spoil?.(hello) ?? hello) })
  }
  const ids = (kind: 'delivery' | 'deleted'): string[] =>
    frames.flatMap(({ frame }) => {
      if (frame.case !== kind) return []
      if (frame.case === 'delivery') return [toHex(frame.value.envelope?.id ?? new Uint8Array())]
      return frame.case === 'deleted' ? frame.value.ids.map(toHex) : []
    })
  return {
    frames,
    stream,
    send,
    sendRaw,
    deliveredIds: () => ids('delivery'),
    deletedIds: () => ids('deleted'),
    refused: () => frames.flatMap(({ frame }) => (frame.case === 'refused' ? [frame.value.code] : []))[0],
    caughtUp: () => frames.some(({ frame }) => frame.case === 'caughtUp'),
    ended: () => over,
    close: () => stream.close(),
  }
}

/** Waits until a stream has given everything that waited. */
export const caughtUp = (client: MailboxClient): Promise<boolean> =>
  until('the mailbox is caught up', () => client.caughtUp())
