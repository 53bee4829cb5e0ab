import type { KadDHT, KadDHTComponents } from '@libp2p/kad-dht'
import type { PeerId } from '@libp2p/interface'
import { equalBytes, fromUtf8 } from '../../lib/bytes.ts'
import { listDhtKey, locatorOfDhtKey, parseListRecord, verifyListRecord } from '../../protocol/list-record.ts'
import { PROTOCOLS } from '../../protocol/limits.ts'

/** Kademlia as a client, loaded when first used. */
export interface LazyDht {
  put(locator: string, record: Uint8Array, through: readonly PeerId[]): Promise<boolean>
  get(locator: string, through: readonly PeerId[]): Promise<Uint8Array | undefined>
  stop(): Promise<void>
}

const TIMEOUT = 8_000
const NAMESPACE = 'mepassa-dl'

const revisionOf = (bytes: Uint8Array): bigint => {
  const record = parseListRecord(bytes)
  return record.ok ? record.value.revision : -1n
}

/** Refuses a record that its publish key did not sign for this very locator. */
const validate = async (key: Uint8Array, value: Uint8Array): Promise<void> => {
  const locator = locatorOfDhtKey(fromUtf8(key) ?? '')
  const record = parseListRecord(value)
  if (!locator || !record.ok || !(await verifyListRecord(record.value, locator)).ok) throw new Error('not a device list record')
}

/** Of several records the highest revision is the one. */
const select = (_key: Uint8Array, records: Uint8Array[]): number => {
  let best = 0
  records.forEach((record, index) => {
    if (revisionOf(record) > revisionOf(records[best] ?? new Uint8Array())) best = index
  })
  return best
}

const load = async (components: KadDHTComponents): Promise<KadDHT> => {
  const { kadDHT, passthroughMapper } = await import('@libp2p/kad-dht')
  const dht = kadDHT({
    protocol: PROTOCOLS.dht,
    clientMode: true,
    peerInfoMapper: passthroughMapper,
    validators: { [NAMESPACE]: validate },
    selectors: { [NAMESPACE]: select },
  })(components) as KadDHT & { start(): Promise<void>; onPeerConnect?(peer: { id: PeerId; multiaddrs: [] }): Promise<void> }
  await dht.start()
  return dht
}

/** A libp2p service that keeps the node's components and builds the DHT of them later. */
export const lazyDht =
  () =>
  (components: KadDHTComponents): LazyDht => {
    let loading: Promise<KadDHT> | undefined
    const ready = async (through: readonly PeerId[]): Promise<KadDHT> => {
      loading ??= load(components)
      const dht = await loading
      // It started after these connected, so it has not heard of them.
      const late = dht as KadDHT & { onPeerConnect?(peer: { id: PeerId; multiaddrs: never[] }): Promise<void> }
      for (const id of through) await late.onPeerConnect?.({ id, multiaddrs: [] })
      return dht
    }
    return {
      put: async (locator, record, through) => {
        const dht = await ready(through)
        let stored = 0
        for await (const event of dht.put(listDhtKey(locator), record, { signal: AbortSignal.timeout(TIMEOUT) })) {
          if (event.name === 'PEER_RESPONSE' && event.messageName === 'PUT_VALUE') stored++
        }
        return stored > 0
      },
      get: async (locator, through) => {
        const dht = await ready(through)
        let best: Uint8Array | undefined
        for await (const event of dht.get(listDhtKey(locator), { signal: AbortSignal.timeout(TIMEOUT) })) {
          if (event.name !== 'VALUE') continue
          if (!best || (!equalBytes(best, event.value) && revisionOf(event.value) > revisionOf(best))) best = event.value
        }
        return best
      },
      stop: async () => {
        const dht = (await loading) as (KadDHT & { stop?(): Promise<void> }) | undefined
        await dht?.stop?.()
      },
    }
  }
