import type { AddressInfo } from 'node:net'
import { pino, type Logger } from 'pino'
import { createAdminToken } from './admin/token.ts'
import { createNonces, createSharedNonces } from './auth/nonces.ts'
import { createSignedAuth, NONCE_LIFETIME } from './auth/signed.ts'
import { createBlobs } from './blobs/blobs.ts'
import { openBlobFiles } from './blobs/blob-files.ts'
import type { RelayConfig } from './config.ts'
import type { RelayContext } from './context.ts'
import { holdFolder } from './db/hold-folder.ts'
import { startMetricsServer, type MetricsServer } from './http/metrics-server.ts'
import { startLookout } from './fleet/lookout.ts'
import { createHttpServer } from './http/server.ts'
import { createAdmission, noAdmission } from './mailbox/admission.ts'
import { createMailboxHub } from './mailbox/hub.ts'
import { startSweep } from './maintenance.ts'
import { createMetrics } from './metrics.ts'
import { startNode, type RelayNode } from './p2p/node.ts'
import { createPushService, type PushOptions } from './push/push-service.ts'
import { createRates } from './rate-limit/rates.ts'
import { openRoom } from './room.ts'
import { loadSecrets } from './secrets.ts'
import { openStore } from './store/open-store.ts'

/** Milliseconds for saying goodbye: a device that takes longer notices the end of its connection. */
const GOODBYE = 1_000

/** A running relay. */
export interface Relay {
  readonly port: number
  /** Where it answers on this machine. */
  readonly url: string
  readonly peerId: string
  /** Port of the metrics' own server, if there is one. */
  readonly metricsPort: number | null
  /**
   * Hands over: takes no new connection, tells devices goodbye so that they connect anew elsewhere, lets
   * requests under way finish within `shutdownTime`, writes what was accepted, closes the store.
   */
  stop(): Promise<void>
}

export interface RelayOptions {
  /** Ms since 1970; the machine's clock unless told. */
  readonly now?: () => number
  readonly log?: Logger
  readonly push?: PushOptions
}

/**
 * Starts a relay: store, HTTP server, libp2p node, sweep. It is ready when this returns. Throws when the data folder cannot be used, or is
 * used by another process, or a port is taken; whatever had been opened is closed then.
 */
export const createRelay = async (config: RelayConfig, options: RelayOptions = {}): Promise<Relay> => {
  const letGo = holdFolder(config.dataDir)
  try {
    const relay = await startRelay(config, options)
    return { ...relay, stop: () => relay.stop().finally(letGo) }
  } catch (error) {
    letGo()
    throw error
  }
}

const startRelay = async (config: RelayConfig, options: RelayOptions): Promise<Relay> => {
  const now = options.now ?? Date.now
  const log = options.log ?? pino({ level: config.logLevel, base: null })
  const { adminToken, turn } = await loadSecrets(config, log)
  const store = await openStore(config)
  const { limits, redisUrl } = config
  const hub = await createMailboxHub(
    redisUrl === null
      ? undefined
      : async (events) => {
          const { createRedisFleet } = await import('./fleet/redis-fleet.ts')
          return createRedisFleet(redisUrl, events, limits)
        }
  )
  let node: RelayNode | undefined
  const metrics = createMetrics({
    waiting: store.mailbox.count,
    sharedBodies: async () => (await store.census.take()).sharedBodies,
    blobs: async () => (await store.census.take()).blobs,
    blobBytes: async () => (await store.census.take()).blobBytes,
    devices: hub.size,
    sockets: () => node?.connections() ?? 0,
    reservations: () => node?.reservations() ?? 0,
    pushes: () => push.waiting(),
  })
  const rates =
    redisUrl === null
      ? createRates(limits)
      : await (await import('./rate-limit/redis-rates.ts')).createRedisRates(limits, redisUrl)
  const signed = createSignedAuth({
    devices: store.devices,
    publicUrl: config.publicUrl,
    now,
    // What one relay has taken, the others over its store must not take again.
    nonces:
      config.databaseUrl === null
        ? createNonces(limits, NONCE_LIFETIME)
        : createSharedNonces(limits, NONCE_LIFETIME, store.nonces),
  })
  const room = await openRoom({
    mailbox: store.mailbox,
    config,
    changed: (what, full) => log.warn({ event: full ? `${what}-full` : `${what}-has-room` }),
  })
  const blobs = createBlobs(store.blobs, openBlobFiles(config), {
    capacity: config.blobs.capacity,
    lifetime: config.blobs.ttl,
    unfinished: limits.unfinishedBlobLife,
  })
  const push = createPushService({ config, store, rates, metrics, log, now }, options.push ?? {})
  const context: RelayContext = {
    config,
    turn,
    store,
    blobs,
    signed,
    rates,
    room,
    hub,
    admission: config.databaseUrl === null ? createAdmission(limits.knownKeys) : noAdmission,
    push,
    metrics,
    log,
    now,
  }
  const peer = {
    peerId: () => node?.peerId() ?? '',
    addressesFor: (origin: URL) => node?.addressesFor(origin) ?? [],
  }
  const presence = () => ({
    devices: hub.size(),
    sockets: node?.connections() ?? 0,
    reservations: node?.reservations() ?? 0,
  })
  const app = await createHttpServer(context, peer, { token: createAdminToken(adminToken), presence })
  let metricsServer: MetricsServer | undefined
  const close = async (): Promise<void> => {
    const drained = app.close()
    const last = setTimeout(() => app.server.closeAllConnections(), config.shutdownTime)
    await Promise.race([hub.endAll(), pause(GOODBYE)])
    await node?.stop()
    await drained
    push.close()
    room.stop()
    clearTimeout(last)
    await metricsServer?.close()
    await hub.close()
    await rates.close()
    await store.close()
  }
  try {
    node = await startNode(context, app.server)
    await app.listen({ host: config.host, port: config.port })
    if (config.metricsAddress) metricsServer = await startMetricsServer(metrics, config.metricsAddress)
  } catch (error) {
    await close()
    throw error
  }
  node.listening()
  const stopSweep = startSweep(context)
  const stopLookout = config.databaseUrl === null ? () => {} : startLookout(hub, limits)
  const { port } = app.server.address() as AddressInfo
  log.info({ event: 'started', port })
  return {
    port,
    url: `http://localhost:${port}`,
    peerId: node.peerId(),
    metricsPort: metricsServer?.port ?? null,
    stop: async () => {
      log.info({ event: 'stopping' })
      stopLookout()
      await stopSweep()
      await close()
      log.info({ event: 'stopped' })
    },
  }
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => void setTimeout(resolve, milliseconds).unref())
