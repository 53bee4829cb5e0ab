/** A server of another project as a child process of a test: its own folder, its own port, gone with the test. */
import { spawn, type ChildProcess } from 'node:child_process'
import { chownSync, mkdtempSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execFileSync } from 'node:child_process'
import { until } from './until.ts'

/** Debian's `nobody` and `nogroup`: PostgreSQL refuses to run as root. */
const NOBODY = 65_534

const isRoot = (): boolean => process.getuid?.() === 0

/** Program and arguments that run as a user without rights. */
const unprivileged = (program: string, args: readonly string[]): readonly [string, readonly string[]] =>
  isRoot()
    ? ['setpriv', [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', program, ...args]]
    : [program, args]

/** An empty folder that the server may write. */
export const serverFolder = (name: string): string => {
  const folder = mkdtempSync(join(tmpdir(), `mepassa-${name}-`))
  if (isRoot()) chownSync(folder, NOBODY, NOBODY)
  return folder
}

/** Runs a program of the server's to its end; throws with what it printed when it fails. */
export const runUnprivileged = (program: string, args: readonly string[]): void => {
  const [command, all] = unprivileged(program, args)
  execFileSync(command, all, { stdio: 'pipe', cwd: tmpdir() })
}

export interface PrivateServer {
  pid(): number
  start(): Promise<void>
  /** Ends it with a signal and waits until it is gone. */
  end(signal: NodeJS.Signals): Promise<void>
}

/** Starts a server and waits until it answers. */
export const startServer = async (
  program: string,
  args: readonly string[],
  answers: () => Promise<boolean>
): Promise<PrivateServer> => {
  let child: ChildProcess | undefined
  const start = async (): Promise<void> => {
    const [command, all] = unprivileged(program, args)
    const started = spawn(command, all, { stdio: ['ignore', 'pipe', 'pipe'], cwd: tmpdir() })
    let printed = ''
    for (const stream of [started.stdout, started.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (printed = (printed + text).slice(-4_000)))
    child = started
    await until(`${program} answers`, async () => {
      if (started.exitCode !== null) throw new Error(`${program} ended: ${printed}`)
      return answers()
    })
  }
  await start()
  return {
    pid: () => child?.pid ?? 0,
    start,
    end: async (signal) => {
      const ending = child
      child = undefined
      if (!ending || ending.exitCode !== null || ending.signalCode !== null) return
      const ended = once(ending, 'exit')
      ending.kill(signal)
      await ended
    },
  }
}
