import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { CoreContext } from '../context.ts'
import { envelopeIdFromBytes, idBytes, type EnvelopeId } from '../../protocol/ids.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { NOTHING_UNKNOWN } from '../../protocol/nothing-unknown.ts'
import type { OwnAccount } from '../ports/storage.ts'
import {
  EnvelopeAckSchema,
  MailboxFrameSchema,
  MailboxPageSchema,
  PeerFrameSchema,
  type Delivery,
  type Envelope,
} from '../../protocol/gen/wire_pb.js'
import { leftRelays } from './left-relays.ts'
import type { Receive } from './receive.ts'

type Deps = Pick<
  CoreContext,
  'relays' | 'peers' | 'clock' | 'own' | 'signer' | 'store' | 'outbox' | 'upkeep' | 'log' | 'background'
>

type Source =
  | { readonly kind: 'stream' | 'http'; readonly origin: string }
  | { readonly kind: 'peer'; readonly peerId: string }
interface Arrival {
  readonly id: EnvelopeId
  readonly body: Uint8Array
  readonly request: boolean
  readonly source: Source
}

/** Takes envelopes from every source, one after another, and acknowledges each to its source after the commit. */
export interface Inbox {
  start(): void
  stop(): void
  /** Fetches by HTTP what the relays hold: for when the stream is not there (yet). */
  fetch(): Promise<void>
}

/** Arrivals waiting in memory; a source that sends more without waiting for acknowledgements is not answered. */
const BACKLOG = 2_048
const ACK_BATCH = 32
const FETCH_EVERY = 20_000
const LEFT_EVERY = 10 * 60 * 1000
const AGAIN_AFTER = 60_000
const MOST_PAGES = 100

/** Makes the inbox. `receive` does the work for one envelope and resolves true once its outcome is durable. */
export const createInbox = (deps: Deps, receive: Receive, idle: () => void): Inbox => {
  const waiting: Arrival[] = []
  let working: Promise<void> | undefined
  let stopped = false
  let fetching: Promise<void> | undefined
  let cancel = () => {}
  let cancelAgain = () => {}
  /** When relays that we have left are asked again. */
  const leftAt = new Map<string, number>()
  const ends: (() => void)[] = []

  const acknowledge = async (source: Source, ids: readonly EnvelopeId[]): Promise<void> => {
    const ack = create(EnvelopeAckSchema, { ids: ids.map(idBytes) })
    if (source.kind === 'peer') {
      const frame = create(PeerFrameSchema, { frame: { case: 'ack', value: ack } })
      await deps.peers.send(source.peerId, toBinary(PeerFrameSchema, frame))
      return
    }
    if (source.kind === 'stream') {
      const frame = create(MailboxFrameSchema, { frame: { case: 'ack', value: ack } })
      if ((await deps.peers.sendMailbox(source.origin, toBinary(MailboxFrameSchema, frame))).ok) return
    }
    const own = stopped ? undefined : deps.own()
    // What is not acknowledged now comes again and is then known by its id.
    if (own) await deps.relays.acknowledge(source.origin, deps.signer(own), ids)
  }

  const workAll = async (): Promise<void> => {
    const done = new Map<string, { source: Source; ids: EnvelopeId[] }>()
    const flush = async (): Promise<void> => {
      const batches = [...done.values()]
      done.clear()
      await Promise.all(batches.map((batch) => acknowledge(batch.source, batch.ids)))
    }
    while (!stopped) {
      const arrival = waiting.shift()
      if (!arrival) break
      try {
        if (!(await receive(arrival))) comeAgain()
        else {
          const key = JSON.stringify(arrival.source)
          const batch = done.get(key) ?? { source: arrival.source, ids: [] }
          done.set(key, batch)
          batch.ids.push(arrival.id)
          if (batch.ids.length >= ACK_BATCH) await flush()
        }
      } catch {
        // Not acknowledged: it stays where it is and comes again.
        deps.log.warn('receive-failed')
      }
    }
    idle()
    await flush()
  }

  /** Resolves when all that waits is worked through and acknowledged. */
  const work = (): Promise<void> => {
    working ??= workAll().finally(() => {
      working = undefined
      if (waiting.length > 0 && !stopped) begin()
    })
    return working
  }
  const begin = (): void => {
    if (!working) deps.background('receive-failed', work)
  }

  /** What could not be judged yet stays where it is: it is asked for once more. */
  const comeAgain = (): void => {
    cancelAgain()
    cancelAgain = deps.clock.after(AGAIN_AFTER, () => deps.background('fetch-failed', fetch))
  }

  const arrive = (envelope: Envelope | undefined, request: boolean, source: Source): void => {
    const id = envelope && envelopeIdFromBytes(envelope.id)
    if (!envelope || !id || envelope.body.length > LIMITS.envelopeBytes || waiting.length >= BACKLOG) return
    // The same envelope from another source is a copy of its own: that source waits for its acknowledgement, and only one may be good.
    if (waiting.some((arrival) => arrival.id === id && isSame(arrival.source, source))) return
    waiting.push({ id, body: envelope.body, request, source })
    begin()
  }

  const fromRelay = (delivery: Delivery, source: Source): void =>
    arrive(delivery.envelope, delivery.request, source)

  const parse = <T>(read: () => T): T | undefined => {
    try {
      return read()
    } catch {
      deps.log.warn('frame-malformed')
      return undefined
    }
  }

  /** False when the relay did not answer. */
  const fetchFrom = async (origin: string, own: OwnAccount): Promise<boolean> => {
    for (let turn = 0; turn < MOST_PAGES && !stopped; turn++) {
      const reply = await deps.relays.fetchMailbox(origin, deps.signer(own))
      const page = reply.ok && parse(() => fromBinary(MailboxPageSchema, reply.value, NOTHING_UNKNOWN))
      if (!page) return reply.ok
      for (const delivery of page.deliveries.slice(0, LIMITS.pageDeliveries))
        fromRelay(delivery, { kind: 'http', origin })
      // The next page begins with what is not acknowledged.
      if (!page.more) return true
      await (working ?? Promise.resolve())
    }
    return true
  }

  const fetchLeft = async (origin: string, own: OwnAccount): Promise<void> => {
    leftAt.set(origin, deps.clock.now() + AGAIN_AFTER)
    if (await fetchFrom(origin, own)) leftAt.set(origin, deps.clock.now() + LEFT_EVERY)
  }

  const fetchAll = async (isWanted: (origin: string) => boolean): Promise<void> => {
    const own = deps.own()
    if (!own) return
    const left = deps.store
      .read(leftRelays)
      .filter(({ origin }) => !own.relays.includes(origin) && (leftAt.get(origin) ?? 0) <= deps.clock.now())
    await Promise.all([
      ...own.relays.filter(isWanted).map((origin) => fetchFrom(origin, own)),
      ...left.map(({ origin }) => fetchLeft(origin, own)),
    ])
  }

  const fetch = (isWanted: (origin: string) => boolean = () => true): Promise<void> => {
    fetching ??= fetchAll(isWanted).finally(() => (fetching = undefined))
    return fetching
  }

  /** While a relay's stream is down, its mailbox is polled; those we have left are asked now and then. */
  const poll = (): void => {
    deps.background('fetch-failed', () => fetch((origin) => deps.upkeep.state(origin).state !== 'connected'))
    cancel = deps.clock.after(FETCH_EVERY, poll)
  }

  return {
    start: () => {
      ends.push(
        deps.peers.onEvent((event) => {
          if (event.type === 'mailbox') {
            const frame = parse(() => fromBinary(MailboxFrameSchema, event.frame, NOTHING_UNKNOWN))?.frame
            if (frame?.case === 'delivery') fromRelay(frame.value, { kind: 'stream', origin: event.origin })
          }
          if (event.type === 'frame') {
            const frame = parse(() => fromBinary(PeerFrameSchema, event.frame, NOTHING_UNKNOWN))?.frame
            if (frame?.case === 'envelope') arrive(frame.value, false, { kind: 'peer', peerId: event.peerId })
            if (frame?.case === 'ack') {
              const ids = frame.value.ids
                .slice(0, LIMITS.receiptIds)
                .flatMap((bytes) => envelopeIdFromBytes(bytes) ?? [])
              deps.outbox.acknowledged(ids)
            }
          }
        })
      )
      poll()
    },
    stop: () => {
      stopped = true
      cancel()
      cancelAgain()
      for (const end of ends) end()
    },
    fetch: () => {
      leftAt.clear()
      return fetch()
    },
  }
}

const isSame = (a: Source, b: Source): boolean =>
  a.kind === b.kind &&
  (a.kind === 'peer'
    ? b.kind === 'peer' && a.peerId === b.peerId
    : b.kind !== 'peer' && a.origin === b.origin)
