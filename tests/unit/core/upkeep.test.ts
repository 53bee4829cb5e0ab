/** What each home relay is given, and that nothing of a stopped core is left. */
import { expect, test } from 'vitest'
import type { RelayApi } from '../../../src/core/ports/network.ts'
import { createLifetime } from '../../../src/core/lifetime.ts'
import { createRelayHealth } from '../../../src/core/relay-health.ts'
import { notificationState } from '../../../src/core/jobs/notification-state.ts'
import { standingOf } from '../../../src/core/jobs/standing.ts'
import { mailboxOnly } from '../../../src/node/mailbox-only.ts'
import type { IceServer } from '../../../src/protocol/ice-servers.ts'
import type { PreKeyUpload } from '../../../src/protocol/relay-api.ts'
import { toBase64Url } from '../../../src/lib/bytes.ts'
import { handClock, openDesk, silentRelays } from '../../support/core-desk.ts'
import { subscribe } from '../../support/push-service.ts'
import { until } from '../../support/until.ts'

/** Where the desk's own account is at home. */
const HOME = 'https://relay.example'
const A = 'https://a.example'
const B = 'https://b.example'
const HOUR = 60 * 60 * 1000
const DAY = 24 * 60 * 60 * 1000
const fine = async () => ({ ok: true, value: null }) as const

/** Relays that take everything and note the prekeys. */
const taking = (uploads: Map<string, PreKeyUpload[]>): RelayApi =>
  silentRelays({
    info: async () => ({
      ok: true,
      value: {
        name: 'r',
        version: '1',
        peerId: 'x',
        addresses: [],
        iceServers: [],
        mailboxTtlSeconds: 60,
        time: 0,
      },
    }),
    register: async () => ({ ok: true, value: 'registered' }),
    putKeys: fine,
    putList: fine,
    putEndpoint: fine,
    removeEndpoint: fine,
    preKeyCounts: async (origin) => {
      const one = (uploads.get(origin)?.length ?? 0) > 0 ? 100 : 0
      return { ok: true, value: { preKeys: one, kyberPreKeys: one } }
    },
    putPreKeys: async (origin, _, upload) => {
      uploads.set(origin, [...(uploads.get(origin) ?? []), upload])
      return { ok: true, value: { preKeys: 100, kyberPreKeys: 100 } }
    },
  })

test('each home relay has one-time keys of its own, and all get the rotated signed key', async () => {
  const uploads = new Map<string, PreKeyUpload[]>()
  await using desk = await openDesk(taking(uploads))
  desk.ana.store.transaction((tx) => {
    const own = tx.account.get()
    if (own) tx.account.put({ ...own, relays: [A, B] })
  })
  await desk.core.call('wake', null)
  await until('both are supplied', () => uploads.get(A)?.length === 1 && uploads.get(B)?.length === 1)
  const idsAt = (origin: string) => uploads.get(origin)?.[0]?.preKeys.map(({ id }) => id) ?? []
  expect(idsAt(A)).toHaveLength(100)
  expect(idsAt(A).filter((id) => idsAt(B).includes(id))).toEqual([])

  desk.clock.advance(3 * DAY)
  await desk.core.call('wake', null)
  await until('both have the next', () => uploads.get(A)?.length === 2 && uploads.get(B)?.length === 2)
  const [first, second] = [A, B].map((origin) => uploads.get(origin)?.[1])
  expect(first?.signedPreKey.id).toBe(second?.signedPreKey.id)
  expect(first?.signedPreKey.id).toBeGreaterThan(uploads.get(A)?.[0]?.signedPreKey.id ?? Infinity)
  expect(first?.preKeys, 'one-time keys that are left are not replaced').toEqual([])
}, 60_000)

test('a relay that takes no prekeys is offered the same ones again, and new ones once it has them', async () => {
  const uploads = new Map<string, PreKeyUpload[]>()
  const refused: PreKeyUpload[] = []
  let isRefusing = true
  const all = taking(uploads)
  await using desk = await openDesk({
    ...all,
    preKeyCounts: async () => ({ ok: true, value: { preKeys: 0, kyberPreKeys: 0 } }),
    putPreKeys: async (...asked) => {
      if (!isRefusing) return all.putPreKeys(...asked)
      refused.push(asked[2])
      return { ok: false, error: { kind: 'network', reason: 'refused' } }
    },
  })
  const ecOf = (upload: PreKeyUpload | undefined) => upload?.preKeys.map(({ id }) => id) ?? []
  const kyberOf = (upload: PreKeyUpload | undefined) => upload?.kyberPreKeys.map(({ id }) => id) ?? []
  const wakeUntil = async (what: string, is: () => boolean): Promise<void> => {
    await desk.core.call('wake', null)
    await until(what, is)
  }
  await wakeUntil('it has refused', () => refused.length > 0)
  const seen = refused.length
  await wakeUntil('it has refused again', () => refused.length > seen)
  const [first] = refused
  const [ec, kyber] = [ecOf(first), kyberOf(first)]
  expect([ec.length, kyber.length]).toEqual([100, 100])
  for (const again of refused) expect(again).toEqual(first)

  // Somebody has one of them nevertheless, and wrote.
  desk.ana.store.transaction((tx) => tx.signal.removePreKey(ec[0] ?? 0))
  await wakeUntil('that one is not offered', () => ecOf(refused.at(-1))[0] === ec[1])
  const last = refused.at(-1)
  expect(ecOf(last)).toEqual([...ec.slice(1), Math.max(...ec) + 1])
  expect(kyberOf(last)).toEqual(kyber)

  isRefusing = false
  await wakeUntil('it has them', () => uploads.has(HOME))
  expect(uploads.get(HOME)?.[0]).toEqual(last)
  await wakeUntil('it has more', () => (uploads.get(HOME)?.length ?? 0) > 1)
  const next = uploads.get(HOME)?.[1]
  expect([ecOf(next).length, kyberOf(next).length]).toEqual([100, 100])
  expect(Math.min(...ecOf(next))).toBeGreaterThan(Math.max(...ecOf(last)))
  expect(Math.min(...kyberOf(next))).toBeGreaterThan(Math.max(...kyber))
}, 60_000)

test('the delivery key that contacts are told after a block is one that the relay was given before it', async () => {
  const given: string[] = []
  const relays: RelayApi = {
    ...taking(new Map()),
    putKeys: async (_origin, _signer, { keys }) => {
      given.push(...keys.map(({ hash }) => hash))
      return { ok: true, value: null }
    },
  }
  await using desk = await openDesk(relays)
  const deliveryKey = () => desk.read((tx) => tx.account.get())?.deliveryKey ?? new Uint8Array()
  const hashOf = (key: Uint8Array): string => toBase64Url(desk.ana.crypto.sha256(key))
  await desk.core.call('wake', null)
  await until('the relay has keys', () => given.includes(hashOf(deliveryKey())))
  const before = [...given]
  await desk.core.call('block', { account: desk.row().account })
  expect(before).toContain(hashOf(deliveryKey()))
  await until('it has the next one', () => new Set(given).size > new Set(before).size)
})

test('a block in the middle of a turn leaves no relay without the key that contacts are told then', async () => {
  const given: string[][] = []
  let meanwhile = (): Promise<unknown> => Promise.resolve()
  const all = taking(new Map())
  const relays: RelayApi = {
    ...all,
    register: async (...asked) => {
      await meanwhile()
      return all.register(...asked)
    },
    putKeys: async (_origin, _signer, { keys }) => {
      given.push(keys.map(({ hash }) => hash))
      return { ok: true, value: null }
    },
  }
  await using desk = await openDesk(relays)
  await desk.core.call('wake', null)
  await until('the relay has keys', () => given.length > 0)
  const turns = given.length
  meanwhile = async () => {
    meanwhile = () => Promise.resolve()
    await desk.core.call('block', { account: desk.row().account })
  }
  await desk.core.call('wake', null)
  await until('it has more', () => given.length > turns)
  const told = desk.read((tx) => tx.account.get())?.deliveryKey ?? new Uint8Array()
  const hash = toBase64Url(desk.ana.crypto.sha256(told))
  for (const keys of given.slice(turns)) expect(keys).toContain(hash)
})

test('stopping waits for what runs and leaves nothing: not with relays that never answer, either', async () => {
  let asked = 0
  const never = async () => {
    asked++
    return new Promise<never>(() => undefined)
  }
  const relays = silentRelays({ info: never, fetchMailbox: never, deposit: never, claimPreKeys: never })
  const desk = await openDesk(relays)
  let afterwards = 0
  const { read, transaction, close } = desk.ana.store
  await desk.core.call('sendMessage', {
    conversation: desk.row().account as never,
    id: 'ab'.repeat(16) as never,
    text: 'never sent',
  })
  await until('it waits for relays', () => asked >= 3)
  const running = desk.core.call('inviteLink', { renew: true })
  await desk.core.stop()
  close()
  Object.assign(desk.ana.store, {
    read: (...args: Parameters<typeof read>) => {
      afterwards++
      return read(...args)
    },
    transaction: (...args: Parameters<typeof transaction>) => {
      afterwards++
      return transaction(...args)
    },
  })
  await running
  desk.clock.advance(DAY)
  expect(await desk.core.call('me', null)).toEqual({
    ok: false,
    error: { kind: 'storage', reason: 'unavailable' },
  })
  expect(afterwards).toBe(0)
})

test('the end of a lifetime waits for work that has begun other work', async () => {
  const time = { now: 0 }
  const lifetime = createLifetime({
    clock: handClock(time),
    relays: silentRelays(),
    peers: mailboxOnly(),
    log: { warn: () => undefined },
  })
  const gate = Promise.withResolvers<void>()
  const done: string[] = []
  lifetime.background('first', async () => {
    lifetime.background('second', async () => {
      await gate.promise
      done.push('second')
    })
    done.push('first')
  })
  const over = lifetime.end().then(() => done.push('end'))
  lifetime.background('late', async () => done.push('late'))
  gate.resolve()
  await over
  expect(done).toEqual(['first', 'second', 'end'])
})

test('a relay that does not answer is asked last for a minute; each turn begins with another', async () => {
  const time = { now: 0 }
  const ok = async () => ({ ok: true, value: new Uint8Array() }) as const
  const health = createRelayHealth(
    silentRelays({
      getList: async (origin, locator) => (origin === A ? silentRelays().getList(origin, locator) : ok()),
    }),
    handClock(time)
  )
  expect(health.byHealth([A, B])).toEqual([A, B])
  expect(health.byHealth([A, B], 1)).toEqual([B, A])
  await health.relays.getList(A, '')
  await health.relays.getList(B, '')
  expect(health.byHealth([A, B])).toEqual([B, A])
  time.now += 60_001
  expect(health.byHealth([A, B])).toEqual([A, B])
})

test('TURN credentials are fetched when a relay is linked, and anew at half of their time', async () => {
  const used: string[] = []
  let made = 0
  const relays: RelayApi = {
    ...taking(new Map()),
    iceServers: async () => {
      const server = { urls: ['turn:turn.example'], username: `${++made}`, credential: 'c' }
      return { ok: true, value: { iceServers: [server], ttlSeconds: 6 * 3600 } }
    },
  }
  const peers = {
    ...mailboxOnly(),
    useIceServers: (origin: string, servers: readonly IceServer[]) =>
      void used.push(...servers.flatMap((one) => ('username' in one ? [`${origin} ${one.username}`] : []))),
  }
  await using desk = await openDesk(relays, peers)
  await desk.core.call('wake', null)
  await until('the first are used', () => used.length === 1)
  await desk.core.call('wake', null)
  desk.clock.advance(2 * HOUR)
  await desk.core.call('wake', null)
  expect(used).toEqual([`${HOME} 1`])
  desk.clock.advance(2 * HOUR)
  await until('the next are used', () => used.length === 2)
  expect(used).toEqual([`${HOME} 1`, `${HOME} 2`])
})

test('what a relay is to be told waits neither for libp2p to load nor for another relay', async () => {
  const never = (): Promise<never> => new Promise(() => undefined)
  const all = taking(new Map())
  const relays: RelayApi = {
    ...all,
    register: async (origin, ...rest) => (origin === B ? never() : all.register(origin, ...rest)),
    iceServers: async () => ({ ok: true, value: { iceServers: [], ttlSeconds: 3600 } }),
    putPush: async () => ({ ok: true, value: 'stored' }),
  }
  await using desk = await openDesk(relays, { ...mailboxOnly(), start: never })
  desk.ana.store.transaction((tx) => {
    const own = tx.account.get()
    if (own) tx.account.put({ ...own, relays: [A, B] })
  })
  await desk.core.call('setNotifications', { on: true, previews: true })
  const subscribed = subscribe({ origin: 'https://push.example' }).registration.subscription
  // The second is told in a turn after the first one's.
  for (const endpoint of ['https://push.example/1', 'https://push.example/2']) {
    await desk.core.call('setPushSubscription', { ...subscribed, endpoint })
    const told = () => desk.read(notificationState)
    await until(
      'the relay has it',
      () => told()?.subscription?.endpoint === endpoint && told()?.told.includes(A)
    )
  }
  expect(desk.read(notificationState)?.told).toEqual([A])
})

test('a subscription that has ended is not taken from a page that has not heard of it yet', async () => {
  const told: string[] = []
  const relays: RelayApi = {
    ...taking(new Map()),
    putPush: async (_origin, _signer, { subscription: { endpoint } }) => {
      told.push(endpoint)
      return { ok: true, value: endpoint.endsWith('1') ? 'ended' : 'stored' }
    },
  }
  await using desk = await openDesk(relays)
  await desk.core.call('setNotifications', { on: true, previews: true })
  const { subscription } = subscribe({ origin: 'https://push.example' }).registration
  const bring = (n: number) =>
    desk.core.call('setPushSubscription', { ...subscription, endpoint: `https://push.example/${n}` })
  const state = () => desk.read(notificationState)
  await bring(1)
  await until('its end is known', () => told.length === 1 && state()?.subscription === null)
  await bring(1)
  expect(state()?.subscription).toBeNull()
  await bring(2)
  await until('the next is told', () => state()?.told.length === 1)
  expect(told).toEqual(['https://push.example/1', 'https://push.example/2'])
})

test('libp2p that does not load is tried again, with longer and longer pauses', async () => {
  const failing = new Set<() => void>()
  const start = (): Promise<void> =>
    new Promise((_, reject) => failing.add(() => reject(new Error('no code came'))))
  const relays: RelayApi = {
    ...taking(new Map()),
    iceServers: async () => ({ ok: true, value: { iceServers: [], ttlSeconds: 3600 } }),
  }
  await using desk = await openDesk(relays, { ...mailboxOnly(), start })
  const pauses: number[] = []
  while (pauses.length < 4) {
    await until('a try', () => failing.size > 0)
    // By now the relay's turn may be over, or not.
    for (const fail of failing) fail()
    failing.clear()
    const failed = desk.clock.now()
    const next = (): boolean => {
      if (failing.size === 0) desk.clock.advance(250)
      return failing.size > 0
    }
    await until('the next try', next, { every: 5 })
    pauses.push(desk.clock.now() - failed)
  }
  for (const [index, pause] of pauses.entries()) expect(pause).toBeGreaterThanOrEqual(500 * 2 ** index)
})

test('a device that a relay has struck off while the list names it becomes a new one', async () => {
  let asked = 0
  const served: { list?: Uint8Array } = {}
  const relays: RelayApi = {
    ...taking(new Map()),
    register: async () => {
      asked++
      return { ok: true, value: 'removed' }
    },
    getList: async (origin, locator) =>
      served.list ? { ok: true, value: served.list } : silentRelays().getList(origin, locator),
  }
  await using desk = await openDesk(relays)
  const present = () => desk.read((tx) => tx.account.get())
  const standing = () => desk.read(standingOf)
  // Nobody tells what the list says: it is left as it is.
  await until('it was told', () => asked >= 1)
  await desk.core.call('wake', null)
  await until('it was told again', () => asked >= 2)
  expect([present()?.device, standing()]).toEqual([1, 'good'])

  served.list = await desk.ana.crypto.sealList(desk.ana.own)
  await desk.core.call('wake', null)
  await until('it is a new device', () => present()?.device === 2)
  expect(standing()).toBe('renewed')
}, 60_000)
