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

  /** Each area apart: what cannot be deleted in one keeps none of the others. */
  const drain = async (
    name: string,
    batch: () => Promise<number>,
    tell?: (count: number) => void
  ): Promise<void> => {
    let total = 0
    try {
      let count: number
      do {
        count = stopped ? 0 : await batch()
        total += count
        await new Promise((resolve) => setImmediate(resolve))
      } while (count >= sweepBatch)
    } catch (error) {
      log.error({ event: 'sweep-failed', name, error: error instanceof Error ? error.name : 'unknown' })
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
