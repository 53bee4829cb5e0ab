import {
  kadDHT,
  passthroughMapper,
  Record as DhtRecord,
  type KadDHT,
  type KadDHTComponents,
} from '@libp2p/kad-dht'
import { peerDiscoverySymbol } from '@libp2p/interface'
import type { Datastore, Key } from 'interface-datastore'
import { base32 } from 'multiformats/bases/base32'
import { fromUtf8, toHex } from '../../src/lib/bytes.ts'
import { PROTOCOLS } from '../../src/protocol/limits.ts'
import { listDhtKey, locatorOfDhtKey, parseListRecord, parseLocator } from '../../src/protocol/list-record.ts'
import { LIBP2P_LIMITS } from '../limits.ts'
import type { Rates } from '../rate-limit/rates.ts'
import { createSenders } from './dht-senders.ts'
import { checkRecord } from '../lists/accept-record.ts'
import type { ListStore } from '../lists/list-store.ts'

export interface ListDhtDeps {
  readonly lists: Pick<ListStore, 'get' | 'put'>
  readonly rates: Pick<Rates, 'takeFrom'>
  readonly now: () => number
}

const NAMESPACE = 'mepassa-dl'
const RECORDS = '/dht/record/'

/**
 * The DHT server for device lists, over the same table as the HTTP API. js-libp2p's PUT_VALUE runs the validator and then overwrites what is
 * stored, so an old record with a good signature would roll a list back (platform notes §5). Here the store decides, in one transaction.
 */
export const listDht =
  (deps: ListDhtDeps) =>
  (components: KadDHTComponents): KadDHT => {
    const sender = createSenders(components.registrar)
    const replaced: Readonly<Record<string | symbol, unknown>> = {
      datastore: listDatastore(deps, sender.address),
      registrar: sender.registrar,
    }
    const own = new Proxy(components, {
      get: (target, name) => replaced[name] ?? (Reflect.get(target, name) as unknown),
    })
    const dht = kadDHT({
      protocol: PROTOCOLS.dht,
      clientMode: false,
      // Home relays may well be on private networks; the default mapper would hide them.
      peerInfoMapper: passthroughMapper,
      maxInboundStreams: LIBP2P_LIMITS.dhtStreams,
      validators: {
        [NAMESPACE]: async (key, value) => {
          const locator = locatorOfDhtKey(fromUtf8(key) ?? '')
          const checked = locator === undefined ? undefined : await checkRecord(locator, value)
          if (!checked?.ok) throw new Error('not a list record')
        },
      },
      selectors: { [NAMESPACE]: (_key, records) => newestOf(records) },
    })(own)
    // libp2p would remember every peer that anybody tells the DHT of, for as long as it runs.
    return Object.defineProperty(dht, peerDiscoverySymbol, { value: undefined })
  }

/** Index of the record with the highest revision; the first of equals, and 0 if none is a record. */
export const newestOf = (records: readonly Uint8Array[]): number => {
  let best = 0
  let highest = 0n
  records.forEach((bytes, index) => {
    const record = parseListRecord(bytes)
    if (record.ok && record.value.revision > highest) {
      best = index
      highest = record.value.revision
    }
  })
  return best
}

/** What the DHT keeps: device lists in the relay's own table, and nothing else (provider records of strangers are dropped). */
const listDatastore = ({ lists, rates, now }: ListDhtDeps, address: () => string): Datastore => {
  const get = async (key: Key): Promise<Uint8Array> => {
    const locator = locatorOf(key)
    const place = locator === undefined ? undefined : parseLocator(locator)
    const record = place && (await lists.get(place))
    if (!place || !record) throw notFound()
    return new DhtRecord(listDhtKey(toHex(place)), record, new Date(now())).serialize().slice()
  }
  const put = async (key: Key, value: Uint8Array): Promise<Key> => {
    const locator = locatorOf(key)
    // Provider records: accepted in form, kept nowhere.
    if (locator === undefined) return key
    const checked = await checkRecord(locator, DhtRecord.deserialize(value).value)
    if (!checked.ok) throw new Error('not a list record')
    const isNew = (await lists.get(checked.value.locator)) === undefined
    if (isNew && (await rates.takeFrom('newLists', address())) > 0) throw new Error('too many new lists')
    const { outcome } = await lists.put(checked.value, { home: false, now: now() })
    if (outcome !== 'stored' && outcome !== 'same') throw new Error(`the record was refused: ${outcome}`)
    return key
  }
  return {
    get,
    put,
    has: (key) =>
      get(key).then(
        () => true,
        () => false
      ),
    delete: async () => {},
    putMany: async function* (source) {
      for await (const { key, value } of source) yield await put(key, value)
    },
    getMany: async function* (source) {
      for await (const key of source) yield { key, value: await get(key) }
    },
    deleteMany: async function* (source) {
      yield* source
    },
    batch: () => {
      throw new Error('the DHT writes one record at a time')
    },
    query: async function* () {},
    queryKeys: async function* () {},
  }
}

/** The locator in a datastore key of kad-dht: its prefix and the record's key in base32. */
const locatorOf = (key: Key): string | undefined => {
  const text = key.toString()
  if (!text.startsWith(RECORDS)) return undefined
  try {
    return locatorOfDhtKey(fromUtf8(base32.baseDecode(text.slice(RECORDS.length))) ?? '')
  } catch {
    return undefined
  }
}

/** The one error of a datastore that kad-dht tells from the others, by its name. */
const notFound = (): Error => Object.assign(new Error('not found'), { name: 'NotFoundError' })
