/** The real relay as a process of its own, to be killed and started again. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { freePort, freeUdpPort } from './free-port.ts'
import { until } from './until.ts'

/** As it is built where that is what is tested, or from its sources. */
const PROGRAM = process.env['RELAY_PROGRAM'] ?? 'relay-server/main.ts'

export interface RelayOptions {
  readonly dataDir: string
  /** A free one unless told. */
  readonly port?: number
  /** The address that pages use, where it is not the relay's own (a proxy of the test). */
  readonly publicUrl?: string
  /** More settings of the relay. */
  readonly env?: Readonly<Record<string, string>>
}

export interface RelayProcess {
  /** Where the relay itself listens. */
  readonly port: number
  /** Where pages find it. */
  readonly url: string
  /** All that it has printed, over all its lives: what an operator's log would hold. */
  log(): string
  pid(): number
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>
  /** Asks it to end, and waits until it has; answers its exit code. */
  stop(): Promise<number | null>
  /** Starts it again with the same port and data. */
  start(): Promise<void>
}

/** Starts a relay and waits until it answers. */
export async function startRelayProcess(options: RelayOptions): Promise<RelayProcess> {
  const port = options.port ?? (await freePort())
  const webRtcPort = await freeUdpPort()
  const url = options.publicUrl ?? `http://localhost:${port}`
  let printed = ''
  let child: ChildProcess | null = null

  async function start(): Promise<void> {
    const started = spawn(process.execPath, [PROGRAM], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        PORT: String(port),
        DATA_DIR: options.dataDir,
        PUBLIC_URL: url,
        WEBRTC_PORT: String(webRtcPort),
        ...options.env,
      },
    })
    child = started
    for (const stream of [started.stdout, started.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (printed += text))
    }
    await until('the relay answers', async () => {
      if (started.exitCode !== null) throw new Error(`The relay ended with ${started.exitCode}:\n${printed}`)
      return (await fetch(`http://localhost:${port}/healthz`, { signal: AbortSignal.timeout(2_000) })).ok
    })
  }

  async function end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const ending = child
    child = null
    if (ending === null || ending.exitCode !== null || ending.signalCode !== null)
      return ending?.exitCode ?? null
    const ended = once(ending, 'exit')
    ending.kill(signal)
    await ended
    return ending.exitCode
  }

  await start()
  return {
    port,
    url,
    log: () => printed,
    pid: () => child?.pid ?? 0,
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
    start,
  }
}
