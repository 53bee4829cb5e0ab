/** A program and all it has started, on Linux: to kill it as a crash would, and to let it sleep as a closed lid would. */
import { readdir, readFile } from 'node:fs/promises'

interface ProcessInfo {
  readonly pid: number
  readonly parent: number
  readonly state: string
}

/** Process ids of a program and of all below it. */
export async function treeOf(root: number): Promise<number[]> {
  const all = await processes()
  const tree = [root]
  // The list grows while it is walked: children of children follow.
  for (const pid of tree) tree.push(...all.filter(({ parent }) => parent === pid).map((one) => one.pid))
  return tree
}

/** The main process among those whose command line holds all of `words` and none of `without`; null when there is none. */
export async function findProcess(
  words: readonly string[],
  without: readonly string[]
): Promise<number | null> {
  for (const { pid } of await processes()) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    const args = line.split('\0')
    if (words.every((word) => args.includes(word)) && !without.some((word) => line.includes(word))) return pid
  }
  return null
}

/** Whether a process runs (a zombie does not). */
export async function isRunning(pid: number): Promise<boolean> {
  return (await processes()).some((one) => one.pid === pid && one.state !== 'Z')
}

/** Sends a signal to each; those that have ended meanwhile are left out. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
}

async function processes(): Promise<ProcessInfo[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const read = await Promise.all(
    names.map(async (name) => {
      const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
      // The command in parentheses may hold spaces: what counts comes after the last one.
      const [state = '', parent = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return { pid: Number(name), parent: Number(parent), state }
    })
  )
  return read.filter(({ state }) => state !== '')
}
