import type { Connection, PeerId } from '@libp2p/interface'
import type * as Kademlia from '@libp2p/kad-dht'
import type { KadDHT, KadDHTComponents } from '@libp2p/kad-dht'
import { networkError } from './failures.ts'
import type { NetworkError } from '../../core/domain/errors.ts'
import { err, ok, type Result } from '../../lib/result.ts'
import { LIMITS, PROTOCOLS } from '../../protocol/limits.ts'
import {
  listDhtKey,
  locatorOfDhtKey,
  parseListRecord,
  parseLocator,
  verifyListRecord,
} from '../../protocol/list-record.ts'

const QUERY_TIMEOUT = 10_000
/** How long a first query waits for the relays to be taken into the routing table. */
const TABLE_TIMEOUT = 5_000
const NAMESPACE = 'mepassa-dl'

/** The DHT as the peer network uses it. */
export interface LazyDht {
  put(locator: string, record: Uint8Array): Promise<Result<null, NetworkError>>
  get(locator: string): Promise<Result<Uint8Array, NetworkError>>
  /** libp2p calls both; there is nothing to start before the first question. */
  start(): void
  stop(): Promise<void>
}

interface Deps {
  /** Connected nodes that may speak the DHT: our relays. */
  servers(): readonly Connection[]
  load(): Promise<Pick<typeof Kademlia, 'kadDHT' | 'passthroughMapper'>>
}

/** Throws unless `value` is a list record that its own publish key signed for the locator in `key`. */
const validate = async (key: Uint8Array, value: Uint8Array): Promise<void> => {
  const locator = locatorOfDhtKey(new TextDecoder().decode(key))
  const record = parseListRecord(value)
  if (locator === undefined || !record.ok) throw new Error('not a list record')
  if (!(await verifyListRecord(record.value, locator)).ok) throw new Error('list record with a bad signature')
}

const revisionOf = (bytes: Uint8Array): bigint => {
  const record = parseListRecord(bytes)
  return record.ok ? record.value.revision : -1n
}

const newest = (records: readonly Uint8Array[]): number =>
  records.reduce((best, bytes, i) => (revisionOf(bytes) > revisionOf(records[best]!) ? i : best), 0)

/**
 * Kademlia in client mode over the node's components, loaded with the first question. What it answers with is signed, but may be old:
 * the newest revision seen is for the caller to remember.
 */
export const createLazyDht = (components: KadDHTComponents, deps: Deps): LazyDht => {
  let loading: Promise<KadDHT & { readonly routingTable: { readonly size: number } }> | undefined

  const start = async (): Promise<KadDHT & { readonly routingTable: { readonly size: number } }> => {
    const { kadDHT, passthroughMapper } = await deps.load()
    const dht = kadDHT({
      protocol: PROTOCOLS.dht,
      clientMode: true,
      // Self-hosted relays have private addresses too.
      peerInfoMapper: passthroughMapper,
      validators: { [NAMESPACE]: validate },
      selectors: { [NAMESPACE]: (_key, records) => newest(records) },
      allowQueryWithZeroPeers: true,
    })(components) as KadDHT & Startable & { readonly routingTable: { readonly size: number } }
    await dht.start()
    return dht
  }

  const ready = async (signal: AbortSignal): ReturnType<typeof start> => {
    loading ??= start()
    const dht = await loading
    // It hears of connections made after it was loaded alone.
    const add = dht as unknown as {
      onPeerConnect(peer: { id: PeerId; multiaddrs: unknown[] }): Promise<void>
    }
    for (const { remotePeer, remoteAddr } of deps.servers())
      await add.onPeerConnect({ id: remotePeer, multiaddrs: [remoteAddr] })
    const end = Date.now() + TABLE_TIMEOUT
    while (dht.routingTable.size === 0 && Date.now() < end && !signal.aborted)
      await new Promise((next) => setTimeout(next, 50))
    return dht
  }

  return {
    start: () => {},
    put: async (locator, record) => {
      if (!parseLocator(locator) || record.length > LIMITS.listRecordBytes)
        return err(networkError('refused'))
      const signal = AbortSignal.timeout(QUERY_TIMEOUT)
      let stored = 0
      for await (const event of (await ready(signal)).put(listDhtKey(locator), record, { signal })) {
        if (event.name === 'PEER_RESPONSE' && event.messageName === 'PUT_VALUE') stored++
      }
      return stored > 0 ? ok(null) : err(networkError('relay-unreachable'))
    },
    get: async (locator) => {
      if (!parseLocator(locator)) return err(networkError('not-found'))
      const signal = AbortSignal.timeout(QUERY_TIMEOUT)
      const found: Uint8Array[] = []
      for await (const event of (await ready(signal)).get(listDhtKey(locator), { signal })) {
        if (event.name === 'VALUE' && event.value.length <= LIMITS.listRecordBytes) found.push(event.value)
      }
      const best = found[newest(found)]
      return best ? ok(best) : err(networkError('not-found'))
    },
    stop: async () => {
      const dht = await loading?.catch(() => undefined)
      await (dht as unknown as Startable | undefined)?.stop()
    },
  }
}

interface Startable {
  start(): Promise<void>
  stop(): Promise<void>
}
