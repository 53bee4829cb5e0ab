import { backoff, type BackoffPolicy } from '../../src/lib/backoff.ts'
import { toBase64Url } from '../../src/lib/bytes.ts'
import type { PushPayload } from '../../src/protocol/relay-api.ts'
import type { DeviceName } from '../mailbox/hub.ts'
import { PUSH_LIMITS } from '../limits.ts'
import { createLine, type Line } from './line.ts'
import type { PushStore, PushSubscription } from './push-store.ts'
import type { Push, PushOutcome } from './send-push.ts'
import { createTopics } from './topics.ts'

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

/** A wake as it stays through all attempts. */
interface Due extends Wake {
  readonly topic: string
}

interface Deps {
  readonly store: Pick<PushStore, 'of' | 'end'>
  readonly send: (subscription: PushSubscription, push: () => Push) => Promise<PushOutcome>
  readonly retry: BackoffPolicy
  readonly mayPush: (device: string) => Promise<boolean>
  readonly count: (what: PushCount) => void
  readonly now: () => number
  readonly failed: (error: unknown) => void
}

/** Makes the pusher. */
export const createPusher = ({ store, send, retry, mayPush, count, now, failed }: Deps): Pusher => {
  const lines = new Map<string, Line<Due>>()
  const previewTopicOf = createTopics(PUSH_LIMITS.devices, PUSH_LIMITS.previewTopics)
  let closed = false

  const dueOf = (wake: Wake, name: string): Due => {
    // However often it is tried, a call rings no later than this.
    if (wake.kind === 'call')
      return { ...wake, expiresAt: Math.min(wake.expiresAt, now() + PUSH_LIMITS.callTtl), topic: 'call' }
    return { ...wake, topic: wake.preview ? `preview-${previewTopicOf(name)}` : 'mail' }
  }

  const pushOf = ({ kind, preview, expiresAt, topic }: Due, { token }: PushSubscription): Push => {
    const left = Math.min(expiresAt - now(), PUSH_LIMITS.ttl)
    return {
      payload: {
        kind,
        token: toBase64Url(token),
        ...(preview && { preview: toBase64Url(preview) }),
      },
      ttl: Math.max(0, Math.ceil(left / 1000)),
      topic,
    }
  }

  /** Answers how long to wait before it is tried again; 0: it is done with. */
  const tryOnce = async (wake: Due, attempt: number): Promise<number> => {
    if (wake.expiresAt <= now()) return 0
    const subscription = await store.of(wake.account, wake.device)
    if (!subscription) return 0
    // The push is made when its turn comes: its time runs while it waits.
    const outcome = await send(subscription, () => pushOf(wake, subscription))
    if (outcome.kind !== 'later') {
      if (outcome.kind === 'ended') await store.end(wake.account, wake.device, subscription.endpoint)
      count(outcome.kind)
      return 0
    }
    const wait = Math.max(outcome.wait, backoff(retry, attempt, Math.random()))
    if (attempt >= PUSH_LIMITS.tries || now() + wait >= wake.expiresAt) {
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
      const due = dueOf(wake, name)
      if (line) return line.add(due)
      const fresh = createLine<Due>({
        most: PUSH_LIMITS.perDevice,
        work: tryOnce,
        mayBegin: () => mayPush(name),
        dropped: () => count('given-up'),
        failed,
        over: () => lines.delete(name),
      })
      lines.set(name, fresh)
      fresh.add(due)
    },
    size: () => lines.size,
    close: () => {
      closed = true
      for (const line of lines.values()) line.end()
    },
  }
}
