export interface BatcherDeps<Item, Answer> {
  /** Does a batch in one transaction; answers in the order of the items. */
  readonly run: (items: readonly Item[]) => Promise<readonly Answer[]>
  readonly weight: (item: Item) => number
  /** Weight of a batch at most, unless its first item is heavier. */
  readonly most: number
  /** A failure that would be the same for each item alone. */
  readonly isLost: (error: unknown) => boolean
}

interface Waiting<Item, Answer> {
  readonly item: Item
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

/**
 * Gathers items into batches, one at a time: what arrives while a batch is under way goes together next, so that a few statements serve many. If a
 * batch fails for one of its items, each is done again alone.
 */
export const createBatcher = <Item, Answer>(
  deps: BatcherDeps<Item, Answer>
): ((item: Item) => Promise<Answer>) => {
  const { run, weight, most, isLost } = deps
  let waiting: Waiting<Item, Answer>[] = []
  let running = false

  const take = (): readonly Waiting<Item, Answer>[] => {
    let sum = 0
    let count = 0
    for (const { item } of waiting) {
      sum += weight(item)
      if (sum > most && count > 0) break
      count++
    }
    const batch = waiting.slice(0, count)
    waiting = waiting.slice(count)
    return batch
  }

  const work = async (batch: readonly Waiting<Item, Answer>[]): Promise<void> => {
    try {
      const answers = await run(batch.map(({ item }) => item))
      for (const [index, one] of batch.entries()) one.resolve(answers[index] as Answer)
    } catch (error) {
      const [first, ...others] = batch
      if (others.length === 0 || isLost(error)) {
        first?.reject(error)
        for (const one of others) one.reject(error)
      } else for (const one of batch) await work([one])
    }
  }

  const next = (): void => {
    running = waiting.length > 0
    if (running) void work(take()).then(next)
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (running) return
      running = true
      // One turn of the event loop: what has come already joins this batch.
      setImmediate(next)
    })
}
