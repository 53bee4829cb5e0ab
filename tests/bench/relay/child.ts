/** Starting and measuring the processes of a benchmark. */
import { fork, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { once } from 'node:events'

/** The kernel's clock ticks a second. */
const TICKS = 100

export interface BenchProcess extends AsyncDisposable {
  readonly pid: number
  readonly url: string
  readonly port: number
}

/** Starts a module that sends `{ port }` once it answers. */
export const startChild = async (
  module: string,
  env: Readonly<Record<string, string>> = {}
): Promise<BenchProcess> => {
  const child: ChildProcess = fork(new URL(module, import.meta.url), { env: { ...process.env, ...env } })
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return {
    pid: child.pid ?? 0,
    port,
    url: `http://localhost:${port}`,
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** CPU seconds that a process has used. */
export const cpuOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}
