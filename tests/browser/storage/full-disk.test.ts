/** The room ends while the store writes: whatever was told can be read all the time, and writing goes on when there is room again. */
import { expect, test } from 'vitest'
import { callWorker } from './disk/call-worker.ts'
import type { FullReport, FullTask } from './disk/full.ts'

const TIMES = 10

test('a disk that is full, again and again', async () => {
  const worker = new Worker(new URL('./disk/full.worker.ts', import.meta.url), { type: 'module' })
  const report = await callWorker<FullTask, FullReport>(worker, { seed: 1, times: TIMES })
  expect(report).toMatchObject({ failures: { full: 3 * TIMES }, wrong: [] })
  // Otherwise there was nothing to lose.
  expect(report.told).toBeGreaterThan(TIMES)
}, 300_000)
