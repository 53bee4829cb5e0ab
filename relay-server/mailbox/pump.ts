import { toHex } from '../../src/lib/bytes.ts'
import type { Delivery } from '../../src/protocol/gen/wire_pb.js'
import { deliveryOf } from './delivery.ts'
import type { StoredEnvelope } from './mailbox-store.ts'

/** Rows read at a time: enough to keep a connection busy, little to hold in memory for a slow one. */
const BATCH = 32

export interface PumpDeps {
  /** Deliveries that may be without acknowledgement. */
  readonly window: number
  /** Waiting envelopes after a row, in order. */
  readonly read: (seq: number, count: number) => Promise<readonly StoredEnvelope[]>
  /** Gives one to the stream; returns when it can take the next. */
  readonly deliver: (delivery: Delivery) => Promise<void>
  /** Said once: everything that waited has been given. */
  readonly caughtUp: () => Promise<void>
  readonly failed: () => void
}

/** Takes how storing an envelope ended; answers whether it is stored and was given ahead. Stored and not given: the pump is to be woken. */
export type Settle = (stored: boolean) => boolean

/**
 * Sends what a mailbox holds, each envelope once a stream, in the order it was stored; but what is given ahead may pass what comes another way meanwhile, as
 * by a fan-out.
 */
export interface Pump {
  /** There may be more to send. */
  wake(): void
  /** Gives an envelope that is being stored, unless others go before it or there is no room: then it is read once it is stored. */
  forward(delivery: Delivery): Settle
  /** Waits until storing has ended for all of these. */
  settled(ids: readonly string[]): Promise<void>
  /** These are done: there is room for others. */
  acknowledged(ids: readonly string[]): void
  stop(): void
}

/** Makes a pump. It reads from the store, which has everything; what is given ahead of that counts among the rest. */
export const createPump = ({ window, read, deliver, caughtUp, failed }: PumpDeps): Pump => {
  const open = new Set<string>()
  /** Acknowledged while rows were being read, which may hold them still. */
  const closed = new Set<string>()
  const unsettled = new Map<string, Promise<void>>()
  let last = 0
  let told = false
  let busy = false
  let reading = false
  /** There may be rows that were not given. */
  let behind = false
  /** Envelopes that are being stored and were not given: later ones go after them. */
  let passed = 0
  let stopped = false

  const canGo = (): boolean => !stopped && open.size < window

  const catchUp = async (): Promise<void> => {
    while (behind && canGo()) {
      behind = false
      closed.clear()
      reading = true
      const rows = await read(last, Math.min(BATCH, window - open.size))
      for (const row of rows) {
        if (stopped) return
        const id = toHex(row.id)
        if (open.has(id) || closed.has(id)) continue
        open.add(id)
        await deliver(deliveryOf(row))
      }
      const end = rows.at(-1)
      if (end) {
        last = end.seq
        behind = true
      } else if (!told) {
        told = true
        await caughtUp()
      }
    }
  }
  /** One thing goes into the stream at a time. */
  const go = (work: () => Promise<void>): void => {
    busy = true
    work()
      .catch(failed)
      .finally(() => {
        busy = false
        reading = false
        start()
      })
  }
  const start = (): void => {
    if (behind && !busy && canGo()) go(catchUp)
  }

  return {
    wake: () => {
      behind = true
      start()
    },
    forward: (delivery) => {
      const id = toHex(delivery.envelope?.id ?? new Uint8Array())
      if (busy || behind || passed > 0 || !told || !canGo() || open.has(id)) {
        passed += 1
        return (stored) => {
          passed -= 1
          behind ||= stored
          return false
        }
      }
      const { promise, resolve } = Promise.withResolvers<void>()
      open.add(id)
      unsettled.set(id, promise)
      go(async () => deliver(delivery))
      return (stored) => {
        unsettled.delete(id)
        if (!stored) {
          open.delete(id)
          start()
        }
        resolve()
        return stored
      }
    },
    settled: async (ids) => {
      await Promise.all(ids.flatMap((id) => unsettled.get(id) ?? []))
    },
    acknowledged: (ids) => {
      for (const id of ids) if (open.delete(id) && reading) closed.add(id)
      start()
    },
    stop: () => {
      stopped = true
    },
  }
}
