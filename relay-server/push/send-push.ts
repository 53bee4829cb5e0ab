import { request, type RequestOptions } from 'node:https'
import type { LookupFunction } from 'node:net'
import { toBase64Url } from '../../src/lib/bytes.ts'
import type { PushPayload } from '../../src/protocol/relay-api.ts'
import { PUSH_LIMITS } from '../limits.ts'
import { networkOf } from '../rate-limit/network-of.ts'
import { pinEndpoint, type EndpointDeps, type PinnedEndpoint } from './endpoint.ts'
import type { PushSubscription } from './push-store.ts'
import type { Slots } from './slots.ts'

/** One push as it is to be sent. */
export interface Push {
  readonly payload: PushPayload
  /** Seconds that the push service keeps it for a browser that is away. */
  readonly ttl: number
  /** Of pushes with the same topic that wait there, only the newest stays. */
  readonly topic: string
}

/**
 * `sent`: the push service has taken it. `ended`: there is no such subscription any more, or it is not ours. `later`: try again, not before
 * `wait` ms where it said so. `refused`: it will never take this, or this relay could not make it.
 */
export type PushOutcome =
  { readonly kind: 'sent' | 'ended' | 'refused' } | { readonly kind: 'later'; readonly wait: number }

export interface SendDeps extends EndpointDeps {
  /** Whom a push service may write to about this relay: `mailto:` or `https:` (RFC 8292). */
  readonly contact: string
  /** Look-ups of names, by name. */
  readonly lookups: Slots
  /** Requests, by the address that they go to, since names and ports cost nothing; under a name, since anybody can give one to an address. */
  readonly requests: Slots
  /** Certificates to trust beside those of the system. */
  readonly ca?: string
  /** Told what kept a push from being made. */
  readonly failed: (error: unknown) => void
}

const LATER = { kind: 'later', wait: 0 } as const

/** Sends one push, made when its turn comes, encrypted for the browser and signed with the device's VAPID key. Never throws. */
export const sendPush = async (
  subscription: PushSubscription,
  makePush: () => Push,
  deps: SendDeps
): Promise<PushOutcome> => {
  const name = URL.parse(subscription.endpoint)?.hostname ?? ''
  const pinned = await deps.lookups.run({ place: name, name }, () => pinEndpoint(subscription.endpoint, deps))
  if (!pinned.ok) return pinned.error === 'unresolved' ? LATER : { kind: 'ended' }
  const turn = { place: placeOf(pinned.value), name: pinned.value.url.host }
  return deps.requests.run(turn, () => attempt(subscription, makePush(), pinned.value, deps))
}

/** Whether a push service answered at all, whatever it said. */
export const hasAnswered = (outcome: unknown): boolean => outcome !== LATER

/** The same for one host however its addresses are ordered. */
const placeOf = ({ addresses }: PinnedEndpoint): string =>
  networkOf(addresses.map(({ address }) => address).sort()[0] ?? '')

const attempt = async (
  subscription: PushSubscription,
  push: Push,
  pinned: PinnedEndpoint,
  deps: SendDeps
): Promise<PushOutcome> => {
  try {
    const { default: webPush } = await import('web-push')
    const { headers, body } = webPush.generateRequestDetails(
      {
        endpoint: subscription.endpoint,
        keys: { p256dh: toBase64Url(subscription.p256dh), auth: toBase64Url(subscription.auth) },
      },
      paddedPayload(push.payload),
      {
        vapidDetails: {
          subject: deps.contact,
          publicKey: toBase64Url(subscription.vapidPublic),
          privateKey: toBase64Url(subscription.vapidPrivate),
        },
        TTL: push.ttl,
        // RFC 8030 calls a chat message "normal", which sleeping phones are given only when they wake by themselves.
        urgency: 'high',
        topic: push.topic,
      }
    )
    return await post(pinned, headers, body, deps.ca)
  } catch (error) {
    // Keys were checked when the device subscribed, so the fault is the relay's: it costs this push, and not the subscription.
    deps.failed(error)
    return { kind: 'refused' }
  }
}

/** All pushes have one length, so that a push service cannot tell those with a preview. */
const paddedPayload = (payload: PushPayload): string =>
  JSON.stringify(payload).padEnd(PUSH_LIMITS.payloadBytes, ' ')

/** web-push's own sending keeps the whole of an answer in memory and resolves the name by itself: so the request is made here. */
const post = (
  { url, addresses }: PinnedEndpoint,
  headers: Record<string, string>,
  body: Buffer,
  ca: string | undefined
): Promise<PushOutcome> =>
  new Promise((resolve) => {
    const pinned: LookupFunction = (_host, options, answer) => {
      if (options.all) return answer(null, [...addresses])
      const [first] = addresses
      answer(null, first?.address ?? '', first?.family)
    }
    const options: RequestOptions = {
      method: 'POST',
      headers,
      agent: false,
      lookup: pinned,
      signal: AbortSignal.timeout(PUSH_LIMITS.requestTime),
      ...(ca === undefined ? {} : { ca }),
    }
    const sent = request(url, options, (response) => {
      // Nothing it says beside its status and headers is wanted.
      response.destroy()
      resolve(outcomeOf(response.statusCode ?? 0, response.headers['retry-after']))
    })
    sent.on('error', () => resolve(LATER))
    sent.end(body)
  })

const outcomeOf = (status: number, retryAfter: string | undefined): PushOutcome => {
  if (status >= 200 && status < 300) return { kind: 'sent' }
  // 401 and 403: made with another VAPID key. The device subscribes anew.
  if (status === 404 || status === 410 || status === 401 || status === 403) return { kind: 'ended' }
  if (status === 429 || status >= 500) return { kind: 'later', wait: waitOf(retryAfter) }
  return { kind: 'refused' }
}

/** Seconds or a date. */
const waitOf = (retryAfter: string | undefined): number => {
  if (retryAfter === undefined) return 0
  const wait = /^\d+$/.test(retryAfter)
    ? Number(retryAfter) * 1000
    : new Date(retryAfter).getTime() - Date.now()
  return wait > 0 ? Math.min(wait, PUSH_LIMITS.longestWait) : 0
}
