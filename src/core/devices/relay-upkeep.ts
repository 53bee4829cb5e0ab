import type { CoreContext, RelayUpkeep } from '../context.ts'
import type { OwnAccount } from '../ports/storage.ts'
import type { Info } from '../../protocol/relay-api.ts'
import { accountIdBytes } from '../../protocol/ids.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { backoff } from '../../lib/backoff.ts'
import { toBase64Url } from '../../lib/bytes.ts'
import { err } from '../../lib/result.ts'
import { leftRelays, removeLeftRelay } from '../jobs/left-relays.ts'
import { createIceServers } from './ice-servers.ts'
import { newestOwnList } from '../jobs/newest-list.ts'
import { isBehind, maySend, putBehind, putStanding, putUnknown, standingOf } from '../jobs/standing.ts'
import { createHomeRelay, type Refusal } from './home-relay.ts'
import { becomeNewDevice } from './renew-device.ts'
import { mailboxHello } from './mailbox-hello.ts'
import { createPushHomes } from './push-homes.ts'
import { renewOwnList } from './own-list.ts'
import { createTurns } from './turns.ts'

type Deps = Pick<
  CoreContext,
  | 'store'
  | 'crypto'
  | 'relays'
  | 'peers'
  | 'clock'
  | 'random'
  | 'signals'
  | 'lists'
  | 'own'
  | 'signer'
  | 'log'
  | 'queue'
  | 'background'
  | 'restart'
  | 'outbox'
>
type LinkState = ReturnType<RelayUpkeep['state']>

/** The list is signed anew monthly (architecture §4). */
const RENEW_LIST_AFTER = 30 * 24 * 60 * 60 * 1000
/** Envelopes are remembered for twice as long as any relay keeps them. */
const KEEP_SEEN = 2 * LIMITS.mailboxTtl
/** The DHT's code is loaded when everything a person waits for is done. */
const DHT_AFTER = 10_000
const RETRY = { first: 1_000, most: 60_000 }
const ROUND_EVERY = 60 * 60 * 1000

/**
 * Keeps the home relays able to serve us: registration, access keys, prekeys, device list, push. A relay's turn does all of it again; every
 * step can be repeated, so a turn that broke off anywhere is simply begun anew. What one relay has to be told waits for no other, nor for
 * libp2p, which takes up to a minute to load on a busy machine.
 */
export const createRelayUpkeep = (deps: Deps): RelayUpkeep & { start(): void; stop(): void } => {
  const { store, crypto, relays, peers, clock, signals } = deps
  const home = createHomeRelay(deps)
  const iceServers = createIceServers(deps)
  const pushHomes = createPushHomes(deps)
  const renew = becomeNewDevice(deps)
  const links = new Map<string, LinkState>()
  /** Peer id under which the peer network keeps a link to each relay. */
  const linked = new Map<string, string>()
  /** Those of them that the peer network has not taken yet. */
  const linking = new Set<string>()
  /** When each relay's turn comes again. */
  const due = new Map<string, { readonly at: number; readonly failures: number }>()
  let inDht: number | undefined
  let preparing: Promise<void> | undefined
  let stopped = false
  let renewing = false
  let cancel = () => {}
  let cancelDht = () => {}
  const ends: (() => void)[] = []

  const setLink = (origin: string, state: LinkState['state']): void => {
    if (links.get(origin)?.state === state) return
    links.set(origin, { state, since: clock.now() })
    signals.emit('connection', null)
  }

  const hello = async (ownPeer: Uint8Array, relayPeer: Uint8Array): Promise<Uint8Array> => {
    const own = deps.own()
    if (!own) throw new Error('no account to say hello with')
    const { account, device } = own
    const parts = { account: accountIdBytes(account), device, created: clock.now(), ownPeer, relayPeer }
    return mailboxHello(parts, (data) => crypto.signRequest(own, data))
  }

  const link = async (origin: string, info: Info): Promise<void> => {
    if (linked.get(origin) === info.peerId) return
    linked.set(origin, info.peerId)
    linking.add(origin)
    try {
      await peers.start([{ origin, info }], hello)
      linking.delete(origin)
    } catch {
      linking.delete(origin)
      linked.delete(origin)
      deps.log.warn('peers-not-started')
      // A turn that is under way sees it at its end.
      if (due.get(origin)?.at !== Infinity) settle(origin, false)
    }
  }

  /**
   * The list may have gone on without this device: then it has nothing more to say. Only the list is believed, not who told of it. True when
   * it names this device.
   */
  const isStillListed = async (own: OwnAccount): Promise<boolean> => {
    const newest = await newestOwnList(deps, await deps.lists.own())
    const identity = toBase64Url(own.identityPublic)
    if (!newest.ok) return false
    if (newest.value.devices.some(({ id, identityKey }) => id === own.device && identityKey === identity))
      return true
    store.transaction((tx) => putStanding(tx, 'removed'))
    for (const origin of linked.keys()) void peers.leave(origin)
    linked.clear()
    return false
  }

  const refused = async (origin: string, own: OwnAccount, why: Refusal): Promise<false> => {
    if (why.kind === 'refusal' && why.reason === 'uninvited') setLink(origin, 'uninvited')
    else if (!linked.has(origin)) setLink(origin, 'down')
    if (why.kind === 'refusal' && why.reason === 'removed' && (await isStillListed(own))) renewOnce(own)
    if (why.kind === 'refusal' && why.reason === 'behind') fallBehind(own)
    return false
  }

  /** Several relays may say in one round what asks for a new device: it is made once. */
  const renewOnce = ({ device }: OwnAccount): void => {
    if (store.read(standingOf) !== 'good' || renewing) return
    renewing = true
    deps.background('renew-failed', async () => {
      try {
        if (deps.own()?.device === device) await renew()
      } finally {
        renewing = false
      }
    })
  }

  /**
   * Nothing of this device may go on. It becomes a new one by itself once; after that the person is asked, for a relay that says so again and
   * again would use up the numbers of the account's devices.
   */
  const fallBehind = (own: OwnAccount): void => {
    // Said of the device that this was before.
    if (deps.own()?.device !== own.device) return
    const isSecond = store.read(standingOf) === 'renewed'
    store.transaction((tx) => (isSecond ? putStanding(tx, 'removed') : putBehind(tx, true)))
    renewOnce(own)
  }

  /** One home relay's turn; false when something is still missing there. */
  const serve = async (origin: string, own: OwnAccount): Promise<boolean> => {
    if (!links.has(origin)) setLink(origin, 'connecting')
    if (store.read(isBehind)) {
      fallBehind(own)
      return false
    }
    const info = await home.introduce(origin, own)
    if (!info.ok) return refused(origin, own, info.error)
    deps.background('upkeep-failed', () => link(origin, info.value))
    const keys = await home.supplyKeys(origin, own)
    const list = keys.ok ? await home.publishList(origin, own) : keys
    const push = list.ok ? await pushHomes.tell(origin, own) : list
    if (!list.ok && list.error.reason === 'refused') await isStillListed(own)
    if (list.ok && !store.read(maySend)) {
      store.transaction((tx) => putUnknown(tx, false))
      deps.outbox.kickAll()
    }
    const ice = await iceServers.renew(origin, own)
    return push.ok && ice.ok && linked.has(origin)
  }

  /** A relay we have left still sends senders on, and gives out what it holds, until nothing can be there any more. */
  const leave = async (origin: string, until: number, own: OwnAccount): Promise<boolean> => {
    if (linked.delete(origin)) await peers.leave(origin)
    iceServers.forget(origin)
    if (links.delete(origin)) signals.emit('connection', null)
    const ended = await pushHomes.end(origin, own)
    if (until > clock.now()) return (await home.publishList(origin, own)).ok && ended.ok
    await home.retire(origin, own)
    store.transaction((tx) => removeLeftRelay(tx, origin))
    return true
  }

  /** Before any turn. The own list is signed anew when it is a month old; an old one is still good, but marked. */
  const prepare = async (): Promise<void> => {
    store.transaction((tx) => tx.inbox.sweep(clock.now() - KEEP_SEEN))
    if ((await deps.lists.own()).signedAt > clock.now() - RENEW_LIST_AFTER) return
    await renewOwnList(deps, (present) => present.relays)
  }

  const publishInDht = async (): Promise<void> => {
    const own = deps.own()
    if (!own || inDht === own.listRevision) return
    const locator = await crypto.listLocator(own.accountKey)
    if ((await peers.dhtPut(locator, await crypto.sealList(own))).ok) inDht = own.listRevision
  }

  const isOver = (): boolean => stopped || !deps.own() || store.read(standingOf) === 'removed'

  /** Relays that are looked after: our homes, and those that we have left. */
  const origins = (): readonly string[] => [
    ...new Set([...(deps.own()?.relays ?? []), ...store.read(leftRelays).map(({ origin }) => origin)]),
  ]

  /** What a relay is to us is looked up when its turn begins. */
  const attend = async (origin: string): Promise<boolean> => {
    const own = deps.own()
    if (own?.relays.includes(origin) === true) return serve(origin, own)
    const left = store.read(leftRelays).find((one) => one.origin === origin)
    return own && left ? leave(origin, left.until, own) : true
  }

  const settle = (origin: string, done: boolean): void => {
    const before = due.get(origin)?.failures ?? 0
    // A link that is not up yet may still fail, as it may have done before.
    const failures = done ? (linking.has(origin) ? before : 0) : before + 1
    const wait = done ? ROUND_EVERY : backoff(RETRY, failures, deps.random.fraction())
    due.set(origin, { at: clock.now() + wait, failures })
    schedule()
  }

  const turns = createTurns(async (origin) => {
    if (isOver()) return
    // Not due before it is over.
    due.set(origin, { at: Infinity, failures: due.get(origin)?.failures ?? 0 })
    const done = await attend(origin).catch(() => {
      deps.log.warn('upkeep-failed')
      return false
    })
    settle(origin, done)
  })

  const round = async (isDue: (origin: string) => boolean): Promise<void> => {
    if (isOver()) return
    preparing ??= prepare().finally(() => (preparing = undefined))
    await preparing
    if (isOver()) return
    const present = origins()
    for (const origin of due.keys()) if (!present.includes(origin)) due.delete(origin)
    await Promise.all(present.filter(isDue).map(turns.take))
  }

  const schedule = (): void => {
    cancel()
    if (isOver()) return
    const at = Math.min(clock.now() + ROUND_EVERY, ...[...due.values()].map((entry) => entry.at))
    const isDue = (origin: string): boolean => (due.get(origin)?.at ?? 0) <= clock.now()
    cancel = clock.after(Math.max(RETRY.first / 2, at - clock.now()), () =>
      deps.background('upkeep-failed', () => begin(isDue))
    )
  }

  const begin = (isDue: (origin: string) => boolean): Promise<void> =>
    round(isDue)
      .catch(() => deps.log.warn('upkeep-failed'))
      .finally(schedule)
  const run = (): Promise<void> => begin(() => true)

  return {
    run,
    state: (origin) => links.get(origin) ?? { state: 'connecting', since: clock.now() },
    join: async (origin) => {
      const own = deps.own()
      if (!own) return { ok: false, error: { kind: 'network', reason: 'offline' } }
      const info = await home.introduce(origin, own)
      if (info.ok) return home.supplyKeys(origin, own)
      if (info.error.kind === 'network') return err(info.error)
      return err({ kind: 'network', reason: info.error.reason === 'uninvited' ? 'uninvited' : 'refused' })
    },
    leave: async () => {
      const own = deps.own()
      if (!own) return
      await Promise.all(own.relays.map((origin) => relays.removeEndpoint(origin, deps.signer(own))))
    },
    start: () => {
      ends.push(
        peers.onEvent((event) => {
          if (event.type !== 'relay' || !linked.has(event.origin)) return
          setLink(event.origin, event.state)
          // Also when a link ends: the relay may have ended it because of what has become of this device.
          if (event.state !== 'connecting') deps.background('upkeep-failed', run)
          if (event.state !== 'connected') return
          // The network is back, or the relay is: what waits need not wait for its next turn.
          deps.outbox.kickAll()
          cancelDht()
          cancelDht = clock.after(DHT_AFTER, () => deps.background('dht-failed', publishInDht))
        })
      )
      deps.background('upkeep-failed', run)
    },
    stop: () => {
      stopped = true
      cancel()
      cancelDht()
      for (const end of ends) end()
    },
  }
}
