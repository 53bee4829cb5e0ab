import * as v from 'valibot'
import type { CoreContext } from '../context.ts'
import type { OwnAccount, Tx } from '../ports/storage.ts'
import type { Registered, RequestSigner } from '../ports/network.ts'
import type { NetworkError } from '../domain/errors.ts'
import type { Info } from '../../protocol/relay-api.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { toBase64Url } from '../../lib/bytes.ts'
import { err, ok, type Result } from '../../lib/result.ts'
import { accessKeys, hasNextDeliveryKey, prepareDeliveryKey } from '../jobs/access-keys.ts'
import { formerDevices } from '../../protocol/device-list.ts'
import { createDeviceStart } from './device-start.ts'
import { offeredPreKeys, putOffered, removeOffered } from './offered-prekeys.ts'

type Deps = Pick<CoreContext, 'store' | 'crypto' | 'relays' | 'clock' | 'random' | 'queue' | 'signer'>

/** Below this many one-time keys a new batch is made. */
const PREKEYS_LOW = 25
/** Signed and last-resort keys are replaced every other day (architecture §5). */
const ROTATE_AFTER = 2 * 24 * 60 * 60 * 1000
/** Setting: the id of the signed prekey that each relay has, by origin. */
const SIGNED_AT = 'signed-prekeys'
const SignedAtSchema = v.record(v.string(), v.number())

const idOf = ({ id }: { readonly id: number }): number => id

type Step = Promise<Result<null, NetworkError>>
/** Why a relay does not serve this device. */
export type Refusal =
  NetworkError | { readonly kind: 'refusal'; readonly reason: Exclude<Registered, 'registered'> }

/** What one relay needs of us to serve as our home. Every step can be repeated. */
export interface HomeRelay {
  /** The relay is there and knows this device. */
  introduce(origin: string, own: OwnAccount): Promise<Result<Info, Refusal>>
  /** Keys that open our mailbox, and prekeys of this relay's own. */
  supplyKeys(origin: string, own: OwnAccount): Step
  /** The device list, unless this run has published this revision there; then devices that are no longer in it are no more. */
  publishList(origin: string, own: OwnAccount): Step
  /** Nothing opens our mailbox there any more. */
  retire(origin: string, own: OwnAccount): Step
}

const signedAt = (tx: Tx): Record<string, number> => {
  const stored = v.safeParse(SignedAtSchema, JSON.parse(tx.settings.get(SIGNED_AT) ?? '{}'))
  return stored.success ? stored.output : {}
}

/** Makes the steps. */
export const createHomeRelay = (deps: Deps): HomeRelay => {
  const { store, crypto, relays, clock } = deps
  const published = new Map<string, number>()
  const start = createDeviceStart(deps)

  const preKeys = async (origin: string, own: OwnAccount, signer: RequestSigner): Step => {
    const counts = await relays.preKeyCounts(origin, signer)
    if (!counts.ok && counts.error.reason !== 'not-found') return counts
    const present = counts.ok ? counts.value : { preKeys: 0, kyberPreKeys: 0 }
    const { newest, there } = store.read((tx) => ({
      newest: tx.signal.newestSignedPreKey(),
      there: signedAt(tx)[origin],
    }))
    const fresh =
      newest !== undefined && newest.createdAt >= clock.now() - ROTATE_AFTER && newest.id === there
    const [lacksEc, lacksKyber] = [present.preKeys < PREKEYS_LOW, present.kyberPreKeys < PREKEYS_LOW]
    const before = store.read((tx) => offeredPreKeys(tx, origin))
    if (fresh && !lacksEc && !lacksKyber) {
      // It took them, though its answer was lost.
      if (before) store.transaction((tx) => removeOffered(tx, origin))
      return ok(null)
    }
    const batch = { ec: lacksEc ? LIMITS.prekeyBatch : 0, kyber: lacksKyber ? LIMITS.prekeyBatch : 0 }
    const again = { ec: (lacksEc && before?.ec) || [], kyber: (lacksKyber && before?.kyber) || [] }
    const { value, apply } = await crypto.makePreKeys(own, clock.now(), batch, again)
    // The private halves are durable before anyone can use the public ones.
    store.transaction((tx) => {
      apply(tx)
      putOffered(tx, origin, { ec: value.preKeys.map(idOf), kyber: value.kyberPreKeys.map(idOf) })
    })
    const put = await relays.putPreKeys(origin, signer, value)
    if (!put.ok) return put
    store.transaction((tx) => {
      removeOffered(tx, origin)
      tx.settings.put(SIGNED_AT, JSON.stringify({ ...signedAt(tx), [origin]: value.signedPreKey.id }))
    })
    return ok(null)
  }

  const putKeys = (origin: string, own: OwnAccount): Step => {
    if (!store.read(hasNextDeliveryKey)) store.transaction((tx) => prepareDeliveryKey(tx, deps.random))
    return relays.putKeys(origin, deps.signer(own), {
      keys: [...store.read((tx) => accessKeys(tx, crypto, clock.now()))],
    })
  }

  /** Devices that are not in the list are not woken any more. A relay that cannot do that has not told them either. */
  const endPushOfOthers = async (origin: string, own: OwnAccount): Promise<void> => {
    if (own.listRevision === 1) return
    const list = await crypto.verifyList(own.listChain)
    if (list.ok)
      await relays.keepPushOf(
        origin,
        deps.signer(own),
        list.value.devices.map(({ id }) => id)
      )
  }

  return {
    introduce: async (origin, own) => {
      const keys = crypto.publicKeys(own)
      const [info, registered] = await Promise.all([
        relays.info(origin),
        relays.register(origin, deps.signer(own), {
          accountId: own.account,
          deviceId: own.device,
          requestKey: toBase64Url(keys.request),
          publishKey: toBase64Url(keys.publish),
          approval: toBase64Url(crypto.approveDevice(own)),
          start: start(),
        }),
      ])
      if (!registered.ok) return registered
      return registered.value === 'registered' ? info : err({ kind: 'refusal', reason: registered.value })
    },
    supplyKeys: async (origin, own) => {
      const put = await putKeys(origin, own)
      if (!put.ok) return put
      // One relay after the other: each gets one-time keys of its own, and all the same signed ones.
      return deps.queue.run('prekeys', () => preKeys(origin, own, deps.signer(own)))
    },
    publishList: async (origin, own) => {
      if (published.get(origin) === own.listRevision) return ok(null)
      const locator = await crypto.listLocator(own.accountKey)
      const signer = deps.signer(own)
      const put = await relays.putList(origin, signer, locator, await crypto.sealList(own))
      if (!put.ok) return put
      for (const device of formerDevices(own.listChain)) {
        const gone = await relays.removeDevice(origin, signer, device, crypto.approveRemoval(own, device))
        if (!gone.ok && gone.error.reason !== 'not-found') return gone
      }
      published.set(origin, own.listRevision)
      await endPushOfOthers(origin, own)
      return put
    },
    retire: async (origin, own) => {
      const none = await relays.putKeys(origin, deps.signer(own), { keys: [] })
      if (!none.ok) return none
      const gone = await relays.removeEndpoint(origin, deps.signer(own))
      return gone.ok || gone.error.reason === 'not-found' ? ok(null) : err(gone.error)
    },
  }
}
