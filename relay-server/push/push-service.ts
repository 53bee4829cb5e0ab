import type { Logger } from 'pino'
import type { RelayConfig } from '../config.ts'
import { PUSH_LIMITS } from '../limits.ts'
import type { Metrics } from '../metrics.ts'
import type { Rates } from '../rate-limit/rates.ts'
import type { RelayStore } from '../store/relay-store.ts'
import { isFound, pinEndpoint, type EndpointProblem } from './endpoint.ts'
import { createPusher } from './pusher.ts'
import { resolveHost, type ResolveHost } from './resolve.ts'
import { hasAnswered, sendPush } from './send-push.ts'
import { createSlots } from './slots.ts'
import { createWaker, type Waker } from './waker.ts'

/** All of this relay's Web Push. */
export interface PushService {
  readonly wake: Waker['wake']
  /** Why this relay would not push to an endpoint; a name that cannot be looked up just now is none. */
  problemOf(endpoint: string): Promise<Exclude<EndpointProblem, 'unresolved'> | undefined>
  /** Devices with pushes that wait or are under way. */
  waiting(): number
  close(): void
}

/** What tests bring to reach a push service of their own by the same code. */
export interface PushOptions {
  readonly resolve?: ResolveHost
  /** Certificates to trust beside those of the system, PEM. */
  readonly ca?: string
}

interface Deps {
  readonly config: RelayConfig
  readonly store: Pick<RelayStore, 'push' | 'mailbox'>
  readonly rates: Rates
  readonly metrics: Metrics
  readonly log: Logger
  readonly now: () => number
}

/** Makes it. */
export const createPushService = (deps: Deps, { resolve = resolveHost, ca }: PushOptions): PushService => {
  const { config, store, rates, metrics, log, now } = deps
  const { limits, pushPrivateHosts: privateHosts } = config
  const failed = (error: unknown): void =>
    log.warn({ event: 'push-failed', error: error instanceof Error ? error.name : 'unknown' })
  const endpoints = { privateHosts, resolve }
  const contact = config.pushContact ?? contactOf(config.publicUrl)
  const { lookupSlots, requestSlots } = PUSH_LIMITS
  const sending = {
    ...endpoints,
    contact,
    failed,
    lookups: createSlots(lookupSlots, isFound, now),
    requests: createSlots(requestSlots, hasAnswered, now),
    ...(ca !== undefined && { ca }),
  }
  const pusher = createPusher({
    store: store.push,
    send: (subscription, push) => sendPush(subscription, push, sending),
    retry: limits.pushRetry,
    mayPush: async (device) => (await rates.take('pushes', device)) === 0,
    count: metrics.pushed,
    now,
    failed,
  })
  const waker = createWaker({ pusher, mailbox: store.mailbox, patience: limits.acknowledgeTime, failed })
  return {
    wake: waker.wake,
    problemOf: async (endpoint) => {
      const pinned = await pinEndpoint(endpoint, endpoints)
      return pinned.ok || pinned.error === 'unresolved' ? undefined : pinned.error
    },
    waiting: pusher.size,
    close: () => {
      waker.close()
      pusher.close()
    },
  }
}

/** Push services want a way to reach whoever sends: the relay's own page, where there is one for the world. */
const contactOf = (publicUrl: URL | null): string =>
  publicUrl?.protocol === 'https:' ? publicUrl.origin : 'mailto:operator@relay.invalid'
