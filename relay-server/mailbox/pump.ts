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

/** Sends what a mailbox holds, each envelope once a stream, in the order it was stored. */
export interface Pump {
  /** There may be more to send. */
  wake(): void
  /** These are done: there is room for others. */
  acknowledged(ids: readonly string[]): void
  stop(): void
}

/** Makes a pump. It always reads from the store, so nothing is given that is not on disk. */
export const createPump = ({ window, read, deliver, caughtUp, failed }: PumpDeps): Pump => {
  const open = new Set<string>()
  let last = 0
  let told = false
  let running = false
  let again = false
  let stopped = false

  const run = async (): Promise<void> => {
    while (!stopped) {
      const room = Math.min(BATCH, window - open.size)
      // The next acknowledgement wakes it.
      if (room <= 0) return
      again = false
      const batch = await read(last, room)
      for (const stored of batch) {
        if (stopped) return
        last = stored.seq
        open.add(toHex(stored.id))
        await deliver(deliveryOf(stored))
      }
      if (batch.length > 0) continue
      if (!told) {
        told = true
        await caughtUp()
      } else if (!again) return
    }
  }

  const wake = (): void => {
    again = true
    if (running || stopped) return
    running = true
    run()
      .catch(failed)
      .finally(() => {
        running = false
        if (again && !stopped && open.size < window) wake()
      })
  }

  return {
    wake,
    acknowledged: (ids) => {
      for (const id of ids) open.delete(id)
      wake()
    },
    stop: () => {
      stopped = true
    },
  }
}
