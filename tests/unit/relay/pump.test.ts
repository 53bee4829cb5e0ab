import fc from 'fast-check'
import { expect, test } from 'vitest'
import { deliveryOf } from '../../../relay-server/mailbox/delivery.ts'
import { createPump, type Settle } from '../../../relay-server/mailbox/pump.ts'
import { toHex } from '../../../src/lib/bytes.ts'

const idOf = (seq: number): Uint8Array => new Uint8Array(16).fill(seq)
const envelopeOf = (seq: number) => ({
  id: idOf(seq),
  body: new Uint8Array(1),
  request: false,
  storedAt: 0,
})
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A mailbox in memory, the pump over it, and what came out. */
const bench = (window: number) => {
  const rows: number[] = []
  const out: (number | 'caught-up')[] = []
  const storing: { readonly row: number; readonly settle: Settle }[] = []
  const gone = new Set<number>()
  let next = 1
  let failures = 0
  const pump = createPump({
    window,
    read: async (seq, count) =>
      rows
        .filter((row) => row > seq)
        .slice(0, count)
        .map((row) => ({ seq: row, ...envelopeOf(row) })),
    deliver: async ({ envelope }) => void out.push(envelope?.id[0] ?? 0),
    caughtUp: async () => void out.push('caught-up'),
    failed: () => void failures++,
  })
  return {
    pump,
    out,
    failures: () => failures,
    delivered: () => out.filter((one) => one !== 'caught-up'),
    store: () => {
      rows.push(next++)
      pump.wake()
    },
    /** Begins to store one, and gives it meanwhile if that may be. */
    forward: () => {
      const row = next++
      storing.push({ row, settle: pump.forward(deliveryOf(envelopeOf(row))) })
    },
    /** Ends the storing of the oldest, as the relay does. */
    stored: () => {
      const one = storing.shift()
      if (!one) return
      rows.push(one.row)
      if (!one.settle(true)) pump.wake()
    },
    /** Deletes what is stored, and tells the pump. */
    acknowledge: async (seq: number): Promise<void> => {
      const name = toHex(idOf(seq))
      await pump.settled([name])
      const at = rows.indexOf(seq)
      if (at === -1) throw new Error('acknowledged before it was stored')
      rows.splice(at, 1)
      gone.add(seq)
      pump.acknowledged([name])
    },
    gone,
  }
}

test('says caught up once, after what waited', async () => {
  const { pump, out, store } = bench(10)
  store()
  store()
  pump.wake()
  await settled()
  expect(out).toEqual([1, 2, 'caught-up'])
  store()
  await settled()
  expect(out).toEqual([1, 2, 'caught-up', 3])
})

test('whatever the order of deposits and acknowledgements: each once, in order, within the window, and in the end all', async () => {
  const step = fc.constantFrom('store', 'forward', 'stored', 'acknowledge', 'acknowledge all', 'pause')
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(step, { maxLength: 40 }),
      async (window, steps) => {
        const { pump, delivered, store, forward, stored, acknowledge, gone, failures } = bench(window)
        const acknowledging: Promise<void>[] = []
        let written = 0
        let unstored = 0
        pump.wake()
        const acknowledgeOne = (): void => {
          if (acknowledging.length < delivered().length)
            acknowledging.push(acknowledge(acknowledging.length + 1))
        }
        const endOne = (): void => {
          if (unstored > 0) unstored -= 1
          stored()
        }
        for (const what of steps) {
          if (what === 'store') {
            // Deposits are stored in the order in which they came.
            while (unstored > 0) endOne()
            written += 1
            store()
          } else if (what === 'forward') {
            written += 1
            unstored += 1
            forward()
          } else if (what === 'stored') endOne()
          else if (what === 'acknowledge') acknowledgeOne()
          else if (what === 'acknowledge all')
            while (acknowledging.length < delivered().length) acknowledgeOne()
          else await settled()
          expect(delivered().length - gone.size).toBeLessThanOrEqual(window)
        }
        while (unstored > 0) endOne()
        for (let turn = 0; turn <= written; turn++) {
          await settled()
          while (acknowledging.length < delivered().length) acknowledgeOne()
        }
        await Promise.all(acknowledging)
        expect(delivered()).toEqual(Array.from({ length: written }, (_, index) => index + 1))
        expect(failures()).toBe(0)
      }
    ),
    { numRuns: 500 }
  )
})

test('gives ahead of storing only when nothing goes before it, and where there is room', async () => {
  const { pump, store, forward, stored, acknowledge, delivered } = bench(2)
  forward()
  await settled()
  expect(delivered()).toEqual([])
  stored()
  await settled()
  expect(delivered()).toEqual([1])
  forward()
  expect(delivered()).toEqual([1, 2])
  // The window is full, then there is room, but one that was not given is still being stored.
  forward()
  stored()
  await acknowledge(1)
  forward()
  await settled()
  expect(delivered()).toEqual([1, 2])
  await acknowledge(2)
  stored()
  stored()
  await settled()
  expect(delivered()).toEqual([1, 2, 3, 4])
  await acknowledge(3)
  await acknowledge(4)
  store()
  forward()
  await settled()
  expect(delivered()).toEqual([1, 2, 3, 4, 5])
  stored()
  await settled()
  expect(delivered()).toEqual([1, 2, 3, 4, 5, 6])
  expect(pump.forward(deliveryOf(envelopeOf(6)))(true)).toBe(false)
})

test('what could not be stored makes room, and is given again when it is offered again', async () => {
  const { pump, delivered } = bench(1)
  pump.wake()
  await settled()
  const settle = pump.forward(deliveryOf(envelopeOf(1)))
  let known = false
  void pump.settled([toHex(idOf(1))]).then(() => (known = true))
  await settled()
  expect(known).toBe(false)
  expect(settle(false)).toBe(false)
  await settled()
  expect(known).toBe(true)
  pump.forward(deliveryOf(envelopeOf(1)))
  expect(delivered()).toEqual([1, 1])
})

test('what waits behind one that could not be stored is given then', async () => {
  const { pump, delivered, store } = bench(1)
  pump.wake()
  await settled()
  const settle = pump.forward(deliveryOf(envelopeOf(9)))
  store()
  await settled()
  expect(delivered()).toEqual([9])
  settle(false)
  await settled()
  expect(delivered()).toEqual([9, 1])
})

test('stops at once, and tells a failure', async () => {
  const { pump, out, store } = bench(10)
  pump.stop()
  store()
  await settled()
  expect(out).toEqual([])
  let failed = false
  const broken = createPump({
    window: 1,
    read: () => Promise.reject(new Error('store')),
    deliver: async () => {},
    caughtUp: async () => {},
    failed: () => void (failed = true),
  })
  broken.wake()
  await settled()
  expect(failed).toBe(true)
})
