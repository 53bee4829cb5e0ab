/** Starting and measuring the processes of a benchmark. */
import { fork, type ChildProcess, type Serializable } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { once } from 'node:events'

/** The kernel's clock ticks a second. */
const TICKS = 100
/** Milliseconds that a child has to do what it was asked. */
const ANSWER = 600_000

export interface BenchProcess extends AsyncDisposable {
  readonly pid: number
  readonly url: string
  readonly port: number
  /** Sends a message and waits for an answer. */
  ask(message: unknown): Promise<void>
  /** Ends it at once, by SIGKILL. */
  kill(): Promise<void>
}

/** Starts a module that sends `{ port }` once it answers. */
export const startChild = async (
  module: string,
  env: Readonly<Record<string, string>> = {}
): Promise<BenchProcess> => {
  const child: ChildProcess = fork(new URL(module, import.meta.url), {
    env: { ...process.env, ...env },
    execArgv: ['--expose-gc'],
  })
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
  return {
    pid: child.pid ?? 0,
    port,
    url: `http://localhost:${port}`,
    ask: async (message) => {
      const answered = once(child, 'message', { signal: AbortSignal.timeout(ANSWER) })
      child.send(message as Serializable)
      await answered
    },
    kill: () => end('SIGKILL'),
    [Symbol.asyncDispose]: () => end('SIGTERM'),
  }
}

/** CPU seconds that a process has used. */
export const cpuOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

/** Bytes of memory that a process holds after a collection; its module calls `collectWhenAsked`. */
export const residentOf = async (process: BenchProcess): Promise<number> => {
  await process.ask('collect')
  const status = readFileSync(`/proc/${process.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024
}
