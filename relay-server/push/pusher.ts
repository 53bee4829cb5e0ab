import { backoff, type BackoffPolicy } from '../../src/lib/backoff.ts'
import { toBase64Url } from '../../src/lib/bytes.ts'
import type { PushPayload } from '../../src/protocol/relay-api.ts'
import type { DeviceName } from '../mailbox/hub.ts'
import { PUSH_LIMITS } from '../limits.ts'
import { createLine, type Line } from './line.ts'
import type { PushStore, PushSubscription } from './push-store.ts'
import type { Push, PushOutcome } from './send-push.ts'
import { createSlots } from './slots.ts'

/** What a device is to be told. */
export interface Wake extends DeviceName {
  readonly kind: PushPayload['kind']
  /** Sealed for the device's service worker. */
  readonly preview: Uint8Array | undefined
  /** Ms since 1970: after it there is nothing to tell any more. */
  readonly expiresAt: number
}

/** What became of pushes, for the operator. */
export type PushCount = 'sent' | 'retried' | 'ended' | 'refused' | 'given-up'

/** Sends pushes, those of one device one after another, with pauses after a push service had no time. What waits is in memory alone. */
export interface Pusher {
  push(wake: Wake): void
  /** Devices with pushes that wait or are under way. */
  size(): number
  close(): void
}

interface Deps {
  readonly store: Pick<PushStore, 'of' | 'end'>
  readonly send: (subscription: PushSubscription, push: Push) => Promise<PushOutcome>
  readonly retry: BackoffPolicy
  readonly mayPush: (device: string) => Promise<boolean>
  readonly count: (what: PushCount) => void
  readonly now: () => number
  readonly failed: (error: unknown) => void
}

/** Makes the pusher. */
export const createPusher = ({ store, send, retry, mayPush, count, now, failed }: Deps): Pusher => {
  const lines = new Map<string, Line<Wake>>()
  const slots = createSlots(PUSH_LIMITS.requests, PUSH_LIMITS.requestsPerHost)
  let topic = 0
  let closed = false

  const pushOf = ({ kind, preview, expiresAt }: Wake, { token }: PushSubscription): Push => {
    const left = kind === 'call' ? PUSH_LIMITS.callTtl : expiresAt - now()
    if (preview) topic = (topic + 1) % PUSH_LIMITS.previewTopics
    return {
      payload: {
        kind,
        token: toBase64Url(token),
        ...(preview && { preview: toBase64Url(preview) }),
      },
      ttl: Math.max(0, Math.floor(Math.min(left, PUSH_LIMITS.ttl) / 1000)),
      topic: kind === 'call' ? 'call' : preview ? `preview-${topic}` : 'mail',
    }
  }

  /** Answers how long to wait before it is tried again; 0: it is done with. */
  const tryOnce = async (wake: Wake, attempt: number): Promise<number> => {
    const end = wake.kind === 'call' ? Math.min(wake.expiresAt, now() + PUSH_LIMITS.callTtl) : wake.expiresAt
    if (end <= now()) return 0
    const subscription = await store.of(wake.account, wake.device)
    if (!subscription) return 0
    const { host } = new URL(subscription.endpoint)
    const outcome = await slots.run(host, () => send(subscription, pushOf(wake, subscription)))
    if (outcome.kind !== 'later') {
      count(outcome.kind)
      if (outcome.kind === 'ended') await store.end(wake.account, wake.device, subscription.endpoint)
      return 0
    }
    const wait = Math.max(outcome.wait, backoff(retry, attempt, Math.random()))
    if (attempt >= PUSH_LIMITS.tries || now() + wait >= end) {
      count('given-up')
      return 0
    }
    count('retried')
    return wait
  }

  return {
    push: (wake) => {
      const name = `${wake.account}.${wake.device}`
      const line = lines.get(name)
      if (closed || (!line && lines.size >= PUSH_LIMITS.devices)) return count('given-up')
      if (line) return line.add(wake)
      const fresh = createLine<Wake>({
        most: PUSH_LIMITS.perDevice,
        work: tryOnce,
        mayBegin: () => mayPush(name),
        dropped: () => count('given-up'),
        failed,
        over: () => lines.delete(name),
      })
      lines.set(name, fresh)
      fresh.add(wake)
    },
    size: () => lines.size,
    close: () => {
      closed = true
      for (const line of lines.values()) line.end()
    },
  }
}
