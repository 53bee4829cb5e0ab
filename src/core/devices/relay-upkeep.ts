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
 * Keeps the home relays able to serve us: registration, access keys, prekeys, device list. Each round does all of it again, each relay on
 * its own; every step can be repeated, so a round that broke off anywhere is simply begun anew. One dead relay holds no other up.
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
  /** When each relay's turn comes again. */
  const due = new Map<string, { readonly at: number; readonly failures: number }>()
  let inDht: number | undefined
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
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
    try {
      await peers.start([{ origin, info }], hello)
    } catch {
      linked.delete(origin)
      deps.log.warn('peers-not-started')
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
    const linking = link(origin, info.value)
    const keys = await home.supplyKeys(origin, own)
    const list = keys.ok ? await home.publishList(origin, own) : keys
    const push = list.ok ? await pushHomes.tell(origin, own) : list
    if (!list.ok && list.error.reason === 'refused') await isStillListed(own)
    if (list.ok && !store.read(maySend)) {
      store.transaction((tx) => putUnknown(tx, false))
      deps.outbox.kickAll()
    }
    await linking
    if (!linked.has(origin)) return false
    const ice = await iceServers.renew(origin, own)
    return push.ok && ice.ok
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

  /** Signs the own list anew when it is a month old; an old one is still good, but marked. */
  const renewed = async (own: OwnAccount): Promise<OwnAccount> => {
    if ((await deps.lists.own()).signedAt > clock.now() - RENEW_LIST_AFTER) return own
    return (await renewOwnList(deps, (present) => present.relays)) ?? own
  }

  const publishInDht = async (): Promise<void> => {
    const own = deps.own()
    if (!own || inDht === own.listRevision) return
    const locator = await crypto.listLocator(own.accountKey)
    if ((await peers.dhtPut(locator, await crypto.sealList(own))).ok) inDht = own.listRevision
  }

  const take = async (origin: string, turn: Promise<boolean>): Promise<void> => {
    const done = await turn.catch(() => {
      deps.log.warn('upkeep-failed')
      return false
    })
    const failures = done ? 0 : (due.get(origin)?.failures ?? 0) + 1
    const wait = done ? ROUND_EVERY : backoff(RETRY, failures, deps.random.fraction())
    due.set(origin, { at: clock.now() + wait, failures })
  }

  const round = async (isDue: (origin: string) => boolean): Promise<void> => {
    const present = deps.own()
    if (!present || stopped || store.read(standingOf) === 'removed') return
    store.transaction((tx) => tx.inbox.sweep(clock.now() - KEEP_SEEN))
    const own = await renewed(present)
    const left = store.read(leftRelays).filter(({ origin }) => !own.relays.includes(origin))
    const turns = [
      ...own.relays.map((origin) => ({ origin, run: () => serve(origin, own) })),
      ...left.map(({ origin, until }) => ({ origin, run: () => leave(origin, until, own) })),
    ]
    for (const origin of due.keys()) if (!turns.some((turn) => turn.origin === origin)) due.delete(origin)
    await Promise.all(
      turns.filter(({ origin }) => isDue(origin)).map(({ origin, run: turn }) => take(origin, turn()))
    )
  }

  const schedule = (): void => {
    cancel()
    if (stopped || !deps.own()) return
    const at = Math.min(clock.now() + ROUND_EVERY, ...[...due.values()].map((entry) => entry.at))
    const isDue = (origin: string): boolean => (due.get(origin)?.at ?? 0) <= clock.now()
    cancel = clock.after(Math.max(RETRY.first / 2, at - clock.now()), () =>
      deps.background('upkeep-failed', () => running ?? begin(isDue))
    )
  }

  const begin = (isDue: (origin: string) => boolean): Promise<void> => {
    running = round(isDue)
      .catch(() => deps.log.warn('upkeep-failed'))
      .finally(() => {
        running = undefined
        schedule()
      })
    return running
  }

  /** A round asked for while one is under way comes after it, since that one may have read what has changed since. */
  const run = (): Promise<void> => {
    if (!running) return begin(() => true)
    next ??= running.then(() => {
      next = undefined
      return begin(() => true)
    })
    return next
  }

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
