/** Things that are done one after another, some of them more than once. */
export interface Line<T> {
  add(item: T): void
  /** What waits is given up. */
  end(): void
}

interface Deps<T> {
  /** Of more that wait, the oldest is dropped. */
  readonly most: number
  /** Answers after how many ms the same is to be tried again; 0: never. */
  readonly work: (item: T, attempt: number) => Promise<number>
  /** Asked once an item. */
  readonly mayBegin: () => Promise<boolean>
  readonly dropped: () => void
  readonly failed: (error: unknown) => void
  /** Nothing is left; the line is not used again. */
  readonly over: () => void
}

/** Makes a line. While one item pauses, a newer one waits behind it: whoever had no time has none for that either. */
export const createLine = <T>({ most, work, mayBegin, dropped, failed, over }: Deps<T>): Line<T> => {
  const waiting: T[] = []
  let running = false
  let ended = false
  let interrupt = (): void => undefined

  const pause = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds)
      timer.unref()
      interrupt = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  const doOne = async (item: T): Promise<void> => {
    if (!(await mayBegin())) return dropped()
    for (let attempt = 1; !ended; attempt++) {
      const wait = await work(item, attempt)
      if (wait === 0) return
      await pause(wait)
    }
  }

  const run = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined && !ended; item = waiting.shift())
      await doOne(item).catch(failed)
    over()
  }

  return {
    add: (item) => {
      waiting.push(item)
      if (waiting.length > most) {
        waiting.shift()
        dropped()
      }
      if (running) return
      running = true
      void run()
    },
    end: () => {
      ended = true
      waiting.length = 0
      interrupt()
    },
  }
}
