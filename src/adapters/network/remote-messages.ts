/** What the two halves of a remote peer network say to each other. Both check what they hear with these schemas. */
import * as v from 'valibot'
import { isRelayOrigin } from '../../protocol/relay-origin.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { IceServersSchema } from '../../protocol/ice-servers.ts'
import { InfoSchema } from '../../protocol/relay-api.ts'

const bytes = (most: number) =>
  v.custom<Uint8Array>(
    (value) => value instanceof Uint8Array && value.length <= most,
    `must be at most ${most} bytes`
  )
const text = (most: number) => v.pipe(v.string(), v.maxLength(most))
const id = v.pipe(v.number(), v.integer(), v.minValue(0))
const peerId = text(128)
const origin = v.pipe(v.string(), v.check(isRelayOrigin, 'must be the origin of a relay'))
const frame = bytes(LIMITS.frameBytes)
const roundTrip = v.nullable(v.pipe(v.number(), v.minValue(0)))
const localPeer = v.object({
  peerId,
  addresses: v.pipe(v.array(text(LIMITS.addressCharacters)), v.maxLength(16)),
})
const relay = v.object({ origin, info: InfoSchema })

const call = <const Method extends string, Args extends v.GenericSchema>(method: Method, args: Args) =>
  v.object({ type: v.literal('call'), id, method: v.literal(method), args })
const nothing = v.tuple([])

/** From the core to the node: calls of `PeerNetwork`, and answers to `hello`. */
export const ToNodeSchema = v.union([
  call('start', v.tuple([v.pipe(v.array(relay), v.maxLength(LIMITS.relays))])),
  call('useIceServers', v.tuple([origin, IceServersSchema])),
  call('leave', v.tuple([origin])),
  call('stop', nothing),
  call('allow', v.tuple([peerId])),
  call('forbid', v.tuple([peerId])),
  call('dial', v.tuple([localPeer])),
  call('send', v.tuple([peerId, frame])),
  call('sendMailbox', v.tuple([origin, frame])),
  call('hangUp', v.tuple([peerId])),
  call('dhtPut', v.tuple([text(64), bytes(LIMITS.listRecordBytes)])),
  call('dhtGet', v.tuple([text(64)])),
  call('wake', nothing),
  v.object({ type: v.literal('hello'), id, hello: v.nullable(bytes(1_024)) }),
])
export type ToNode = v.InferOutput<typeof ToNodeSchema>
export type Call = Extract<ToNode, { type: 'call' }>
export type Method = Call['method']

const networkError = v.object({
  kind: v.literal('network'),
  reason: v.picklist([
    'offline',
    'relay-unreachable',
    'refused',
    'rate-limited',
    'timeout',
    'not-found',
    'quota',
    'unsupported',
    'uninvited',
  ]),
})
const outcome = v.union([
  v.object({ ok: v.literal(true), value: v.union([v.null(), bytes(LIMITS.listRecordBytes)]) }),
  v.object({ ok: v.literal(false), error: networkError }),
])
export type Outcome = v.InferOutput<typeof outcome>

const event = v.variant('type', [
  v.object({ type: v.literal('relay'), origin, state: v.picklist(['connected', 'connecting', 'down']) }),
  v.object({ type: v.literal('mailbox'), origin, frame }),
  v.object({ type: v.literal('local'), peer: v.nullable(localPeer) }),
  v.object({ type: v.literal('peer'), peerId, state: v.picklist(['connected', 'disconnected']) }),
  v.object({ type: v.literal('frame'), peerId, frame }),
])

/** From the node to the core: outcomes of calls, events, and requests for a hello. */
export const ToCoreSchema = v.variant('type', [
  v.object({ type: v.literal('outcome'), id, outcome }),
  v.object({ type: v.literal('event'), event, roundTrip }),
  v.object({ type: v.literal('hello'), id, own: bytes(128), relay: bytes(128) }),
])
export type ToCore = v.InferOutput<typeof ToCoreSchema>

/** A channel that belongs to the two halves alone: a MessagePort, of browsers or of Node, or a worker. */
export interface NetworkPort {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  removeEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  /** Ports begin to deliver only now; workers have nothing to start. */
  start?(): void
}

/** Buffers that may be moved instead of copied: only bytes that own all of theirs, or others would lose what they see. */
export const movable = (...values: readonly unknown[]): ArrayBuffer[] =>
  values.flatMap((value) =>
    value instanceof Uint8Array &&
    value.buffer instanceof ArrayBuffer &&
    value.byteLength === value.buffer.byteLength &&
    value.byteLength > 0
      ? [value.buffer]
      : []
  )
