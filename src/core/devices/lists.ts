import type { CoreContext, Lists } from '../context.ts'
import type { DeviceInfo } from '../domain/contact.ts'
import { appearedDevices, reviewAfter } from '../domain/safety.ts'
import type { VerifiedList } from '../ports/crypto.ts'
import type { ContactRow, Tx } from '../ports/storage.ts'
import { jobsOf } from '../jobs/account-jobs.ts'
import { addNotice } from '../jobs/rows.ts'
import type { AccountId } from '../../protocol/ids.ts'

type Deps = Pick<
  CoreContext,
  'store' | 'crypto' | 'relays' | 'byHealth' | 'peers' | 'clock' | 'random' | 'queue' | 'own'
>

/** More wait for their own time. */

/**
 * The newest verified device list of each account (architecture §4). The highest revision ever seen is stored with the contact, so that
 * an older one, wherever it comes from, is never taken: no rollback.
 */
export const createLists = (deps: Deps): Lists => {
  const { store, crypto, relays, peers, clock } = deps
  /** Verified lists by the chain they came from; verifying costs signatures, so each chain is checked once a run. */
  const verified = new Map<AccountId, VerifiedList>()

  const verifiedOf = async (account: AccountId, chain: Uint8Array): Promise<VerifiedList | undefined> => {
    const known = verified.get(account)
    if (known?.chain === chain || (known && sameBytes(known.chain, chain))) return known
    const result = await crypto.verifyList(chain)
    if (!result.ok || result.value.account !== account) return undefined
    verified.set(account, result.value)
    return result.value
  }

  const take = async (account: AccountId, list: VerifiedList): Promise<boolean> => {
    const before = store.read((tx) => tx.contacts.get(account))
    if (list.account !== account || !before) return false
    const previous = before.listChain.length > 0 ? await verifiedOf(account, before.listChain) : undefined
    if (previous && !crypto.follows(previous, list)) {
      if (list.revision === previous.revision) touch(account)
      return false
    }
    const taken = store.transaction((tx) => {
      const contact = tx.contacts.get(account)
      if (!contact || (previous && contact.listRevision !== previous.revision)) return false
      const appeared = appearedDevices(previous?.devices ?? [], list.devices, contact.knownDevices)
      const safety = reviewAfter(contact.safety, appeared)
      tx.contacts.put({
        ...contact,
        listChain: list.chain,
        listRevision: list.revision,
        listSeenAt: clock.now(),
        relays: list.relays.length > 0 ? list.relays : contact.relays,
        safety,
        knownDevices: safety === 'review' ? contact.knownDevices : list.devices.map((device) => device.id),
      })
      makeDue(tx, account, list)
      if (appeared.rekeyed.length > 0) addNotice(tx, deps, account, 'safety-changed')
      else if (appeared.added.length > 0) addNotice(tx, deps, account, 'device-added')
      return true
    })
    if (taken) verified.set(account, list)
    return taken
  }

  const touch = (account: AccountId): void =>
    store.transaction((tx) => {
      const contact = tx.contacts.get(account)
      if (contact) tx.contacts.put({ ...contact, listSeenAt: clock.now() })
    })

  const devicesOf = async (contact: ContactRow): Promise<readonly DeviceInfo[]> => {
    if (contact.listChain.length === 0) return []
    return (await verifiedOf(contact.account, contact.listChain))?.devices ?? []
  }

  const offer = (account: AccountId, chain: Uint8Array): Promise<boolean> =>
    deps.queue.run(`list:${account}`, async () => {
      const result = await crypto.verifyList(chain)
      return result.ok ? take(account, result.value) : false
    })

  const offerRecord = (account: AccountId, record: Uint8Array): Promise<boolean> =>
    deps.queue.run(`list:${account}`, async () => {
      const contact = store.read((tx) => tx.contacts.get(account))
      if (!contact) return false
      const result = await crypto.openList(record, contact.accountKey)
      return result.ok ? take(account, result.value) : false
    })

  const refresh: Lists['refresh'] = async (account) => {
    const contact = store.read((tx) => tx.contacts.get(account))
    if (!contact) return 'none'
    const locator = await crypto.listLocator(contact.accountKey)
    let answered = false
    for (const relay of deps.byHealth(contact.relays)) {
      const reply = await relays.getList(relay, locator)
      if (reply.ok && (await offerRecord(account, reply.value))) return 'newer'
      answered ||= reply.ok
    }
    if (answered) return 'none'
    const found = await peers.dhtGet(locator)
    if (!found.ok) return 'unreachable'
    return (await offerRecord(account, found.value)) ? 'newer' : 'none'
  }

  const own = async (): Promise<VerifiedList> => {
    const account = deps.own()
    const list = account && (await verifiedOf(account.account, account.listChain))
    if (!list) throw new Error('the own device list does not verify')
    return list
  }

  const versionOf: Lists['versionOf'] = async (contact) =>
    contact.listChain.length === 0 ? undefined : verifiedOf(contact.account, contact.listChain)

  return { devicesOf, versionOf, refresh, offer, offerRecord, own }
}

/** What waits for a device that is gone is looked at again at once: whoever is listed now gets it. */
const makeDue = (tx: Tx, account: AccountId, list: VerifiedList): void => {
  for (const job of jobsOf(tx, account))
    if (job.device !== null && !list.devices.some(({ id }) => id === job.device))
      tx.outbox.update({ ...job, nextAt: 0 })
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index])
