import type { Swept } from './blobs/blobs.ts'
import type { RelayContext } from './context.ts'

/**
 * Deletes what has expired, in small batches with pauses, so that a deposit never waits behind a long one. Runs at start and every
 * `sweepEvery`; returns what stops it.
 */
export const startSweep = ({
  store,
  blobs,
  config,
  metrics,
  log,
  now,
}: RelayContext): (() => Promise<void>) => {
  const { sweepBatch, sweepEvery, listTtl } = config.limits
  let stopped = false
  let running: Promise<void> = Promise.resolve()

  const failed = (name: string, error: unknown, count = 1): void =>
    log.error({ event: 'sweep-failed', name, count, error: error instanceof Error ? error.name : 'unknown' })

  /** Each area apart: what cannot be deleted in one keeps none of the others. */
  const drain = async (
    name: string,
    batch: () => Promise<number | Swept>,
    tell?: (count: number) => void
  ): Promise<void> => {
    let total = 0
    try {
      let tried: number
      do {
        const done = stopped ? 0 : await batch()
        const { deleted, failures, ...rest } =
          typeof done === 'number' ? { tried: done, deleted: done, failures: [] } : done
        tried = rest.tried
        total += deleted
        if (failures.length > 0) failed(name, failures[0], failures.length)
        await new Promise((resolve) => setImmediate(resolve))
      } while (tried >= sweepBatch)
    } catch (error) {
      failed(name, error)
    }
    if (total > 0) log.info({ event: 'swept', name, count: total })
    tell?.(total)
  }

  const sweep = async (): Promise<void> => {
    await drain('envelopes', () => store.mailbox.sweep(now(), sweepBatch), metrics.swept)
    await drain('lists', () => store.lists.forget(now() - listTtl, sweepBatch))
    await drain('blobs', () => blobs.sweep(now(), sweepBatch), metrics.blobsExpired)
    await drain('upload-tokens', () => store.blobs.sweepTokens(now(), sweepBatch))
    await drain('nonces', () => store.nonces.sweep(now(), sweepBatch))
    await drain('endpoints', () => store.endpoints.sweep(now()))
  }

  const turn = (): void => void (running = running.then(sweep))
  const timer = setInterval(turn, sweepEvery)
  timer.unref()
  turn()
  return async () => {
    stopped = true
    clearInterval(timer)
    await running
  }
}
