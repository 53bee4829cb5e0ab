import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RelayConfig } from '../../../../relay-server/config.ts'
import { RELAY_LIMITS, type RelayLimits } from '../../../../relay-server/limits.ts'
import { createRelay, type Relay, type RelayOptions } from '../../../../relay-server/relay.ts'

const DAY = 24 * 60 * 60 * 1000

/** A clock that tests move by hand; it starts at the real time, since clients of libp2p use that one. */
export interface HandClock {
  readonly now: () => number
  advance(milliseconds: number): void
}

export const handClock = (): HandClock => {
  let ahead = 0
  return { now: () => Date.now() + ahead, advance: (milliseconds) => void (ahead += milliseconds) }
}

/** A real relay in this process, on free ports, with a data folder of its own. */
export interface TestRelay extends AsyncDisposable {
  readonly url: string
  readonly dataDir: string
  readonly clock: HandClock
  /** The relay as it is now: after `restart` another one. */
  readonly relay: () => Relay
  restart(): Promise<void>
}

export interface TestRelaySettings {
  readonly config?: Partial<RelayConfig>
  readonly limits?: Partial<RelayLimits>
  readonly options?: RelayOptions
}

/** Temporary folder of a test. */
export const newDataDir = (): Promise<string> => mkdtemp(join(tmpdir(), 'mepassa-relay-'))

export const configOf = (dataDir: string, settings: TestRelaySettings = {}): RelayConfig => ({
  host: '127.0.0.1',
  port: 0,
  dataDir,
  distDir: join(dataDir, 'no-page'),
  publicUrl: null,
  p2pUrl: null,
  webRtcPort: null,
  stunUrls: [],
  turn: null,
  trustProxy: 0,
  adminToken: null,
  metricsAddress: null,
  shutdownTime: 10_000,
  databaseUrl: null,
  databasePasswordFile: null,
  redisUrl: null,
  registration: 'open',
  pushPrivateHosts: new Set(),
  pushContact: null,
  logLevel: 'silent',
  mailboxTtl: 14 * DAY,
  mail: { capacity: null, diskFloor: 0 },
  blobs: { capacity: 1_000_000_000, ttl: 30 * DAY, s3: null },
  ...settings.config,
  limits: { ...RELAY_LIMITS, ...settings.limits },
})

export const startTestRelay = async (settings: TestRelaySettings = {}): Promise<TestRelay> => {
  const dataDir = settings.config?.dataDir ?? (await newDataDir())
  const clock = handClock()
  const options = { now: clock.now, ...settings.options }
  let relay = await createRelay(configOf(dataDir, settings), options)
  const { port } = relay
  return {
    url: relay.url,
    dataDir,
    clock,
    relay: () => relay,
    restart: async () => {
      await relay.stop()
      relay = await createRelay(
        configOf(dataDir, { ...settings, config: { ...settings.config, port } }),
        options
      )
    },
    [Symbol.asyncDispose]: async () => {
      await relay.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
