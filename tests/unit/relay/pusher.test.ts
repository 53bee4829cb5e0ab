/** In what order pushes go, and how long a device's pushes wait. */
import { randomBytes, randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { PUSH_LIMITS } from '../../../relay-server/limits.ts'
import { createPusher, type Wake } from '../../../relay-server/push/pusher.ts'
import type { PushSubscription } from '../../../relay-server/push/push-store.ts'
import type { Push, PushOutcome } from '../../../relay-server/push/send-push.ts'
import { createSlots } from '../../../relay-server/push/slots.ts'
import { createWaker } from '../../../relay-server/push/waker.ts'
import type { AccountId, DeviceId } from '../../../src/protocol/ids.ts'

const HOUR = 3_600_000
const ana = { account: randomUUID() as AccountId, device: 1 as DeviceId }
const wakeOf = (more: Partial<Wake> = {}): Wake => ({
  ...ana,
  kind: 'notify',
  preview: undefined,
  expiresAt: Date.now() + HOUR,
  ...more,
})
const SUBSCRIPTION: PushSubscription = {
  endpoint: 'https://push.example.org/1',
  p256dh: randomBytes(65),
  auth: randomBytes(16),
  vapidPublic: randomBytes(65),
  vapidPrivate: randomBytes(32),
  token: randomBytes(32),
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A pusher whose push service answers as told. */
const pusherWith = (answer: (push: Push) => PushOutcome) => {
  const sent: Push[] = []
  const ended: string[] = []
  const counts: string[] = []
  let allowed = true
  const pusher = createPusher({
    store: { of: async () => SUBSCRIPTION, end: async (_a, _d, endpoint) => void ended.push(endpoint) },
    send: async (_subscription, make) => {
      const push = make()
      sent.push(push)
      return answer(push)
    },
    retry: { first: 1_000, most: 60_000 },
    mayPush: async () => allowed,
    count: (what) => counts.push(what),
    now: () => Date.now(),
    failed: (error) => {
      throw error
    },
  })
  return { pusher, sent, ended, counts, forbid: () => (allowed = false) }
}

describe('pushes of one device', () => {
  test('are tried again with longer and longer pauses, and given up', async () => {
    const { pusher, sent, counts } = pusherWith(() => ({ kind: 'later', wait: 0 }))
    pusher.push(wakeOf())
    await vi.advanceTimersByTimeAsync(0)
    expect(sent).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(499)
    expect(sent).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(501)
    expect(sent).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(HOUR)
    expect(sent).toHaveLength(PUSH_LIMITS.tries)
    expect(counts.at(-1)).toBe('given-up')
    expect(pusher.size()).toBe(0)
  })

  test('wait for as long as the push service says', async () => {
    let busy = true
    const { pusher, sent } = pusherWith(() => (busy ? { kind: 'later', wait: 600_000 } : { kind: 'sent' }))
    pusher.push(wakeOf())
    await vi.advanceTimersByTimeAsync(599_999)
    expect(sent).toHaveLength(1)
    busy = false
    await vi.advanceTimersByTimeAsync(2)
    expect(sent).toHaveLength(2)
  })

  test('are not sent when what they tell of has expired, and no call rings later', async () => {
    const { pusher, sent, counts } = pusherWith(() => ({ kind: 'later', wait: 60_000 }))
    pusher.push(wakeOf({ expiresAt: Date.now() }))
    pusher.push(wakeOf({ kind: 'call' }))
    await vi.advanceTimersByTimeAsync(HOUR)
    expect(sent).toHaveLength(1)
    expect(counts).toEqual(['given-up'])
  })

  test('are calls for half a minute in all, and keep their topic, however often they are tried', async () => {
    let busy = true
    const { pusher, sent } = pusherWith(() => (busy ? { kind: 'later', wait: 10_000 } : { kind: 'sent' }))
    pusher.push(wakeOf({ kind: 'call' }))
    await vi.advanceTimersByTimeAsync(15_000)
    expect(sent.map(({ ttl }) => ttl)).toEqual([30, 20])
    busy = false
    await vi.advanceTimersByTimeAsync(HOUR)
    expect(sent.map(({ ttl }) => ttl)).toEqual([30, 20, 10])

    const preview = randomBytes(8)
    busy = true
    pusher.push(wakeOf({ preview }))
    await vi.advanceTimersByTimeAsync(10_000)
    expect(new Set(sent.slice(3).map(({ topic }) => topic)).size).toBe(1)
    // Those of another device are counted by themselves.
    for (let other = 0; other < PUSH_LIMITS.previewTopics - 1; other++)
      pusher.push(wakeOf({ preview, device: 2 as DeviceId }))
    busy = false
    await vi.advanceTimersByTimeAsync(HOUR)
    const first = sent.at(3)?.topic
    pusher.push(wakeOf({ preview }))
    await vi.advanceTimersByTimeAsync(0)
    expect(sent.at(-1)?.topic).not.toBe(first)
  })

  test('are bounded: of many that wait the oldest are given up', async () => {
    let busy = true
    const { pusher, sent, counts } = pusherWith(() =>
      busy ? { kind: 'later', wait: 1_000 } : { kind: 'sent' }
    )
    const previews = Array.from({ length: PUSH_LIMITS.perDevice + 3 }, () => randomBytes(8))
    for (const preview of previews) pusher.push(wakeOf({ preview }))
    await vi.advanceTimersByTimeAsync(1)
    busy = false
    await vi.advanceTimersByTimeAsync(HOUR)
    expect(counts.filter((one) => one === 'given-up')).toHaveLength(2)
    expect(sent.at(-1)?.payload.preview).toBe(previews.at(-1)?.toString('base64url'))
    // Every preview has its own place at the push service, of a few.
    expect(new Set(sent.map(({ topic }) => topic)).size).toBe(PUSH_LIMITS.previewTopics)
  })

  test('end with their subscription', async () => {
    const { pusher, ended } = pusherWith(() => ({ kind: 'ended' }))
    pusher.push(wakeOf())
    await vi.advanceTimersByTimeAsync(0)
    expect(ended).toEqual([SUBSCRIPTION.endpoint])
  })

  test('are not sent where too many were, nor after the end', async () => {
    const { pusher, sent, forbid } = pusherWith(() => ({ kind: 'sent' }))
    forbid()
    pusher.push(wakeOf())
    await vi.advanceTimersByTimeAsync(0)
    pusher.close()
    pusher.push(wakeOf())
    await vi.advanceTimersByTimeAsync(HOUR)
    expect(sent).toEqual([])
  })
})

const turnOf = (place: string) => ({ place, name: place })

test('a slow host keeps its own pushes waiting and no others', async () => {
  const slots = createSlots(
    { total: 3, perPlace: 2, unproven: { total: 3, perPlace: 2 }, probation: 1_000 },
    () => true,
    Date.now
  )
  const gate = Promise.withResolvers<void>()
  const order: string[] = []
  const task = (name: string, until: Promise<void>) => async () => {
    order.push(name)
    await until
  }
  const slow = ['slow 1', 'slow 2', 'slow 3'].map((name) =>
    slots.run(turnOf('slow'), task(name, gate.promise))
  )
  await slots.run(turnOf('quick'), task('quick 1', Promise.resolve()))
  await slots.run(turnOf('quick'), task('quick 2', Promise.resolve()))
  expect(order).toEqual(['slow 1', 'slow 2', 'quick 1', 'quick 2'])
  gate.resolve()
  await Promise.all(slow)
  expect(order.at(-1)).toBe('slow 3')
})

test('places that never answer leave room for those that do, under however many names', async () => {
  const slots = createSlots(
    { total: 4, perPlace: 4, unproven: { total: 2, perPlace: 1 }, probation: 1_000 },
    (outcome) => outcome === 'answer',
    Date.now
  )
  const order: string[] = []
  const gate = Promise.withResolvers<string>()
  const run = (key: string, outcome: Promise<string>): Promise<string> =>
    slots.run(turnOf(key), () => {
      order.push(key)
      return outcome
    })
  const answer = Promise.resolve('answer')
  await run('good', answer)
  const stalled = ['a', 'b', 'c'].map((key) => run(key, gate.promise))
  const open = Promise.withResolvers<string>()
  const good = [run('good', open.promise), run('good', open.promise)]
  expect(order).toEqual(['good', 'a', 'b', 'good', 'good'])
  gate.resolve('nothing')
  await Promise.all(stalled)
  expect(order.at(-1)).toBe('c')
  open.resolve('answer')
  await Promise.all(good)
  // One answer does not make up for it at once.
  const atOnce = async (): Promise<number> => {
    const before = order.length
    const held = Promise.withResolvers<string>()
    const both = [run('a', held.promise), run('a', held.promise)]
    const started = order.length - before
    held.resolve('answer')
    await Promise.all(both)
    return started
  }
  expect(await atOnce()).toBe(1)
  vi.advanceTimersByTime(1_001)
  expect(await atOnce()).toBe(1)
  expect(await atOnce()).toBe(2)
})

test('a name that leads to a place of others takes nothing from what they have proven there, and no room beyond that of the place', async () => {
  const slots = createSlots(
    { total: 9, perPlace: 4, unproven: { total: 9, perPlace: 1 }, probation: 1_000 },
    (outcome) => outcome === 'answer',
    Date.now
  )
  const order: string[] = []
  const run = (name: string, outcome: Promise<string>): Promise<string> =>
    slots.run({ place: 'one', name }, () => {
      order.push(name)
      return outcome
    })
  await run('honest', Promise.resolve('answer'))
  await run('evil 1', Promise.resolve('nothing'))
  const gate = Promise.withResolvers<string>()
  const evil = ['evil 2', 'evil 3'].map((name) => run(name, gate.promise))
  const open = Promise.withResolvers<string>()
  const honest = Array.from({ length: 4 }, () => run('honest', open.promise))
  // Of strangers one; all together as many as one place may have.
  expect(order).toEqual(['honest', 'evil 1', 'evil 2', 'honest', 'honest', 'honest'])
  gate.resolve('nothing')
  await Promise.all(evil)
  expect(order.slice(6)).toEqual(['evil 3', 'honest'])
  open.resolve('answer')
  await Promise.all(honest)
})

test('a connected device is woken for what it has not taken in time, and for nothing else', async () => {
  const pushed: Wake[] = []
  const held = new Set<string>()
  const waker = createWaker({
    pusher: { push: (wake) => pushed.push(wake) },
    mailbox: { holds: async (_account, _device, id) => held.has(Buffer.from(id).toString('hex')) },
    patience: 20_000,
    failed: (error) => {
      throw error
    },
  })
  const [taken, left] = [randomBytes(16), randomBytes(16)]
  held.add(left.toString('hex'))
  waker.wake(
    [taken, left].map((envelope) => ({ ...wakeOf(), envelope })),
    [ana]
  )
  await vi.advanceTimersByTimeAsync(19_999)
  expect(pushed).toEqual([])
  await vi.advanceTimersByTimeAsync(2)
  expect(pushed).toMatchObject([{ envelope: left }])
  waker.wake([{ ...wakeOf(), envelope: left }], [])
  expect(pushed).toHaveLength(2)
})
