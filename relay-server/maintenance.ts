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

  const drain = async (name: string, batch: () => Promise<number>): Promise<number> => {
    let total = 0
    let count: number
    do {
      count = stopped ? 0 : await batch()
      total += count
      await new Promise((resolve) => setImmediate(resolve))
    } while (count >= sweepBatch)
    if (total > 0) log.info({ event: 'swept', name, count: total })
    return total
  }

  const sweep = async (): Promise<void> => {
    try {
      metrics.swept(await drain('envelopes', () => store.mailbox.sweep(now(), sweepBatch)))
      await drain('lists', () => store.lists.forget(now() - listTtl, sweepBatch))
      metrics.blobsExpired(await drain('blobs', () => blobs.sweep(now(), sweepBatch)))
      await drain('upload-tokens', () => store.blobs.sweepTokens(now(), sweepBatch))
      await drain('nonces', () => store.nonces.sweep(now(), sweepBatch))
      if (!stopped) await store.endpoints.sweep(now())
    } catch (error) {
      log.error({ event: 'sweep-failed', error: error instanceof Error ? error.name : 'unknown' })
    }
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
