/** The disk fails at any write: what was reported is there, whole. Without the engine's flushes it is not, so this can fail. */
import { expect, test } from 'vitest'
import type { FailingReport, FailingTask } from './disk/failing.ts'
import { callWorker } from './disk/call-worker.ts'

const LONG = 600_000
const SEEDS = [1, 2, 3, 4]

const inWorker = (task: FailingTask): Promise<FailingReport> =>
  callWorker(new Worker(new URL('./disk/failing.worker.ts', import.meta.url), { type: 'module' }), task)

test.each([
  { kind: 'power', name: 'a disk that keeps what was flushed, and of the rest some sectors', each: 75 },
  { kind: 'kill', name: 'the real disk, cut off at any byte as when the process is killed', each: 50 },
] as const)(
  `$name: ${SEEDS.length} times $each failures`,
  async ({ kind, each }) => {
    let [told, ahead] = [0, 0]
    // Each share has a worker of its own, for an engine is loaded for every life.
    const reports = await Promise.all(
      SEEDS.map((seed) => inWorker({ kind, seed, crashes: each, synchronous: 'FULL' }))
    )
    for (const [share, report] of reports.entries()) {
      expect(report, `seed ${SEEDS[share]}`).toMatchObject({
        crashes: each,
        corrupt: 0,
        lost: 0,
        first: undefined,
      })
      told += report.told
      ahead += report.ahead
    }
    expect(told).toBeGreaterThan(2 * SEEDS.length * each)
    // Otherwise it never failed between a commit and its report.
    expect(ahead).toBeGreaterThan(0)
  },
  LONG
)

test(
  'without flushes what was reported is lost, and this is seen',
  async () => {
    const report = await inWorker({ kind: 'power', seed: 5, crashes: 40, synchronous: 'OFF' })
    expect(report.lost).toBeGreaterThan(0)
  },
  LONG
)
