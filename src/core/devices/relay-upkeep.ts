import type { CoreContext, RelayUpkeep } from '../context.ts'
import type { OwnAccount } from '../ports/storage.ts'
import type { RequestSigner } from '../ports/network.ts'
import type { Info } from '../../protocol/relay-api.ts'
import { accountIdBytes } from '../../protocol/ids.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { toBase64Url } from '../../lib/bytes.ts'
import { backoff } from '../../lib/backoff.ts'
import { accessKeys } from '../jobs/access-keys.ts'
import { mailboxHello } from './mailbox-hello.ts'

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
>
type LinkState = ReturnType<RelayUpkeep['state']>

/** Below this many one-time keys a new batch is made. */
const PREKEYS_LOW = 25
/** Signed and last-resort keys are replaced every other day; the list is signed anew monthly (architecture §4, §5). */
const ROTATE_AFTER = 2 * 24 * 60 * 60 * 1000
const RENEW_LIST_AFTER = 30 * 24 * 60 * 60 * 1000
/** Envelope ids are remembered for twice as long as any relay keeps envelopes. */
const KEEP_SEEN = 2 * LIMITS.mailboxTtl
/** The DHT's code is loaded when everything a person waits for is done. */
const DHT_AFTER = 10_000
const RETRY = { first: 1_000, most: 60_000 }
const ROUND_EVERY = 60 * 60 * 1000

/**
 * Keeps the home relays able to serve us: registration, access keys, prekeys, device list, endpoint. Each round does all of it again;
 * every step is idempotent, so a round that broke off anywhere is simply repeated.
 */
export const createRelayUpkeep = (deps: Deps): RelayUpkeep & { start(): void; stop(): void } => {
  const { store, crypto, relays, peers, clock, signals } = deps
  const links = new Map<string, LinkState>()
  const published = new Map<string, string>()
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
  let failures = 0
  let started = false
  let stopped = false
  let cancel = () => {}
  let cancelDht = () => {}
  const ends: (() => void)[] = []

  const setLink = (origin: string, state: LinkState['state']): void => {
    if (links.get(origin)?.state === state) return
    links.set(origin, { state, since: clock.now() })
    signals.emit('connection', null)
  }

  const preKeys = async (origin: string, own: OwnAccount, signer: RequestSigner): Promise<boolean> => {
    const counts = await relays.preKeyCounts(origin, signer)
    const present = counts.ok ? counts.value : { preKeys: 0, kyberPreKeys: 0 }
    if (!counts.ok && counts.error.reason !== 'not-found') return false
    const signedAt = store.read((tx) => tx.signal.newestSignedPreKey()?.createdAt ?? 0)
    const rotate = signedAt < clock.now() - ROTATE_AFTER
    if (!rotate && present.preKeys >= PREKEYS_LOW && present.kyberPreKeys >= PREKEYS_LOW) return true
    const batch = {
      ec: present.preKeys < PREKEYS_LOW ? LIMITS.prekeyBatch : 0,
      kyber: present.kyberPreKeys < PREKEYS_LOW ? LIMITS.prekeyBatch : 0,
    }
    const made = await crypto.makePreKeys(own, clock.now(), batch)
    // The private halves are durable before anyone can use the public ones.
    store.transaction((tx) => made.apply(tx))
    return (await relays.putPreKeys(origin, signer, made.value)).ok
  }

  /** The relay is there and knows this device. */
  const introduce = async (origin: string, own: OwnAccount): Promise<Info | undefined> => {
    const keyPair = crypto.publicKeys(own)
    const registration = {
      accountId: own.account,
      deviceId: own.device,
      requestKey: toBase64Url(keyPair.request),
      publishKey: toBase64Url(keyPair.publish),
    }
    const [info, registered] = await Promise.all([
      relays.info(origin),
      relays.register(origin, deps.signer(own), registration),
    ])
    return info.ok && registered.ok ? info.value : undefined
  }

  /** Everything others need of us at this relay; false when some of it is still missing there. */
  const supply = async (origin: string, own: OwnAccount): Promise<boolean> => {
    const signer = deps.signer(own)
    const keys = store.read((tx) => accessKeys(tx, own, crypto, clock.now()))
    if (!(await relays.putKeys(origin, signer, { keys: [...keys] })).ok) return false
    if (!(await preKeys(origin, own, signer))) return false
    const version = String(own.listRevision)
    if (published.get(origin) === version) return true
    const locator = await crypto.listLocator(own.accountKey)
    if (!(await relays.putList(origin, signer, locator, await crypto.sealList(own))).ok) return false
    published.set(origin, version)
    return true
  }

  const startPeers = async (
    own: OwnAccount,
    infos: readonly { origin: string; info: Info }[]
  ): Promise<void> => {
    if (started || infos.length === 0) return
    started = true
    const hello = async (ownPeer: Uint8Array, relayPeer: Uint8Array): Promise<Uint8Array> => {
      const current = deps.own() ?? own
      return mailboxHello(
        {
          account: accountIdBytes(current.account),
          device: current.device,
          created: clock.now(),
          ownPeer,
          relayPeer,
        },
        (data) => crypto.signRequest(current, data)
      )
    }
    try {
      await peers.start(infos, hello)
    } catch {
      started = false
      deps.log.warn('peers-not-started')
    }
  }

  /** Signs the own list anew when it is a month old; an old one is still good, but marked. */
  const renewed = async (own: OwnAccount): Promise<OwnAccount> => {
    const now = clock.now()
    if ((await deps.lists.own()).signedAt > now - RENEW_LIST_AFTER) return own
    const next = await crypto.renewList(own, own.relays, now)
    return store.transaction((tx) => {
      const present = tx.account.get()
      // Name or keys may have changed meanwhile: only the list is taken over.
      const merged = { ...(present ?? own), listChain: next.listChain, listRevision: next.listRevision }
      tx.account.put(merged)
      return merged
    })
  }

  const publishInDht = async (): Promise<void> => {
    const own = deps.own()
    if (!own || published.get('dht') === String(own.listRevision)) return
    const locator = await crypto.listLocator(own.accountKey)
    if ((await peers.dhtPut(locator, await crypto.sealList(own))).ok)
      published.set('dht', String(own.listRevision))
  }

  const all = async (): Promise<void> => {
    const present = deps.own()
    if (!present) return
    store.transaction((tx) => tx.inbox.sweep(clock.now() - KEEP_SEEN))
    const own = await renewed(present)
    const reached = await Promise.all(
      own.relays.map(async (origin) => {
        if (!links.has(origin)) setLink(origin, 'connecting')
        const info = await introduce(origin, own)
        if (!info && !started) setLink(origin, 'down')
        return info ? [{ origin, info }] : []
      })
    )
    const infos = reached.flat()
    const starting = startPeers(own, infos)
    const supplied = await Promise.all(infos.map(({ origin }) => supply(origin, own)))
    await starting
    const complete = infos.length === own.relays.length && !supplied.includes(false)
    again(complete)
  }

  const again = (complete: boolean): void => {
    cancel()
    if (stopped) return
    failures = complete ? 0 : failures + 1
    const wait = failures === 0 ? ROUND_EVERY : backoff(RETRY, failures, deps.random.fraction())
    cancel = clock.after(wait, () => void run())
  }

  const begin = (): Promise<void> => {
    running = all()
      .catch(() => {
        deps.log.warn('upkeep-failed')
        again(false)
      })
      .finally(() => (running = undefined))
    return running
  }

  /** A round asked for while one is under way comes after it, since that one may have read what has changed since. */
  const run = (): Promise<void> => {
    if (!running) return begin()
    next ??= running.then(() => {
      next = undefined
      return begin()
    })
    return next
  }

  const publishEndpoint = async (sealed: Uint8Array | null): Promise<void> => {
    const own = deps.own()
    if (!own) return
    for (const origin of own.relays) {
      const signer = deps.signer(own)
      await (sealed ? relays.putEndpoint(origin, signer, sealed) : relays.removeEndpoint(origin, signer))
    }
  }

  return {
    run,
    state: (origin) => links.get(origin) ?? { state: 'connecting', since: clock.now() },
    start: () => {
      ends.push(
        peers.onEvent((event) => {
          if (event.type === 'relay') setLink(event.origin, event.state)
          if (event.type !== 'relay' || event.state !== 'connected') return
          void run()
          cancelDht()
          cancelDht = clock.after(
            DHT_AFTER,
            () => void publishInDht().catch(() => deps.log.warn('dht-failed'))
          )
        })
      )
      void run()
    },
    stop: () => {
      stopped = true
      cancel()
      cancelDht()
      for (const end of ends) end()
      void publishEndpoint(null)
    },
  }
}
