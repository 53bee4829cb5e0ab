/**
 * patches/@evolu+sqlite-wasm: whoever fails to open the pool leaves it alone. Unpatched, a failed opener deletes the pool, with
 * the database in it, as soon as nobody else happens to hold one of its files.
 */
import { expect, it } from 'vitest'
import type { Obstacle, Outcome } from './failed-init.ts'

const CASES: Obstacle[] = ['held by another', 'let go meanwhile']

it.each(CASES)('keeps the database of a pool that could not be opened: %s', async (obstacle) => {
  const outcome = await act(obstacle)
  expect(outcome.error).toBe('NoModificationAllowedError')
  expect(outcome.filesBefore).toHaveLength(6)
  expect(outcome.filesAfter).toEqual(outcome.filesBefore)
  expect(outcome.rows).toEqual(['kept', 'kept'])
})

function act(obstacle: Obstacle): Promise<Outcome> {
  const worker = new Worker(new URL('./failed-init.worker.ts', import.meta.url), { type: 'module' })
  return new Promise<Outcome>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Outcome>) => resolve(data)
    worker.onerror = (event) => reject(new Error(event.message))
    worker.postMessage(obstacle)
  }).finally(() => worker.terminate())
}
