/** The relay as a child process of a script. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createServer } from 'node:net'
import { stop } from './run.ts'

const PATIENCE = 60_000
export interface RelaySettings {
  /** `dist-relay/main.js`, as it is built, or `relay-server/main.ts`, as it is being written. */
  readonly program: string
  readonly port: number
  readonly env?: Readonly<Record<string, string>>
}

/** Starts the relay and waits until it answers. Ends the process with a sentence when it does not. */
export async function startRelay({ program, port, env = {} }: RelaySettings): Promise<ChildProcess> {
  if (!(await isFree(port))) {
    stop(
      `Port ${port} is in use by another program. Stop that one, or choose another: PORT=${port + 1} npm start`
    )
  }
  const relay = spawn(process.execPath, [program], {
    stdio: 'inherit',
    env: { ...process.env, ...env, PORT: String(port) },
  })
  const ended = new Promise<false>((resolve) => relay.once('exit', () => resolve(false)))
  // It closes its store and ends, and then so do we. Ctrl+C reaches it by the terminal as well: two at once are one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => relay.kill(signal))
  if (!(await Promise.race([answers(`http://localhost:${port}/healthz`), ended]))) {
    relay.kill()
    stop('The relay did not start; what it printed above says why.')
  }
  return relay
}

/** Exit code of the relay once it has ended. */
export function ending(relay: ChildProcess): Promise<number> {
  // A relay that a signal ended was told to end: that is no failure.
  const code = (): number => relay.exitCode ?? 0
  if (relay.exitCode !== null || relay.signalCode !== null) return Promise.resolve(code())
  return new Promise((resolve) => relay.once('exit', () => resolve(code())))
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, () => probe.close(() => resolve(true)))
  })
}

async function answers(url: string): Promise<boolean> {
  const end = Date.now() + PATIENCE
  while (Date.now() < end) {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => null)
    if (response?.ok === true) return true
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return false
}
