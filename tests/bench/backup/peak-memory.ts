/** What a browser's processes hold while something is done. */
import { readFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { treeOf } from '../../support/process-tree.ts'

const EVERY = 200

/** Memory of a browser's processes that is not a file's, bytes: what they share is counted once for each. */
const held = async (pid: number): Promise<number> => {
  let sum = 0
  for (const one of await treeOf(pid)) {
    const status = await readFile(`/proc/${one}/status`, 'utf8').catch(() => '')
    for (const [, size = '0'] of status.matchAll(/Rss(?:Anon|Shmem):\s+(\d+)/g)) sum += Number(size) * 1_024
  }
  return sum
}

export interface Peak {
  /** Before it began, and the most that was seen while it ran; bytes. */
  readonly before: number
  readonly peak: number
  readonly seconds: number
}

/** Does it, and looks five times a second. */
export const peakWhile = async (pid: number, work: () => Promise<unknown>): Promise<Peak> => {
  const before = await held(pid)
  const began = performance.now()
  let peak = before
  let isRunning = true
  const watching = (async () => {
    while (isRunning) {
      peak = Math.max(peak, await held(pid))
      await wait(EVERY)
    }
  })()
  try {
    await work()
  } finally {
    isRunning = false
    await watching
  }
  return { before, peak, seconds: (performance.now() - began) / 1_000 }
}
