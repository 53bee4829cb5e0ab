import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPump } from '../../../relay-server/mailbox/pump.ts'
import { toHex } from '../../../src/lib/bytes.ts'

const idOf = (seq: number): Uint8Array => new Uint8Array(16).fill(seq)
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A mailbox in memory, the pump over it, and what came out. */
const bench = (window: number) => {
  const rows: number[] = []
  const out: (number | 'caught-up')[] = []
  let next = 1
  let failures = 0
  const pump = createPump({
    window,
    read: async (seq, count) =>
      rows
        .filter((row) => row > seq)
        .slice(0, count)
        .map((row) => ({ seq: row, id: idOf(row), body: new Uint8Array(1), request: false, storedAt: 0 })),
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
    acknowledge: (seq: number) => {
      const at = rows.indexOf(seq)
      if (at !== -1) rows.splice(at, 1)
      pump.acknowledged([toHex(idOf(seq))])
    },
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
  const step = fc.constantFrom('store', 'acknowledge', 'acknowledge all', 'pause')
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(step, { maxLength: 40 }),
      async (window, steps) => {
        const { pump, delivered, store, acknowledge, failures } = bench(window)
        let stored = 0
        let done = 0
        pump.wake()
        const acknowledgeOne = (): void => {
          if (done >= delivered().length) return
          done += 1
          acknowledge(done)
        }
        for (const what of steps) {
          if (what === 'store') {
            stored += 1
            store()
          } else if (what === 'acknowledge') acknowledgeOne()
          else if (what === 'acknowledge all') while (done < delivered().length) acknowledgeOne()
          else await settled()
          expect(delivered().length - done).toBeLessThanOrEqual(window)
        }
        for (let turn = 0; turn <= stored; turn++) {
          await settled()
          while (done < delivered().length) acknowledgeOne()
        }
        expect(delivered()).toEqual(Array.from({ length: stored }, (_, index) => index + 1))
        expect(failures()).toBe(0)
      }
    ),
    { numRuns: 300 }
  )
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
