import type { CoreContext } from '../context.ts'
import type { DeviceInfo } from '../domain/contact.ts'
import type { CryptoError, NetworkError } from '../domain/errors.ts'
import type { ContactRow, OutboxJob, OwnAccount, Tx } from '../ports/storage.ts'
import type { DeviceId, EnvelopeId } from '../../protocol/ids.ts'
import { err, ok, type Result } from '../../lib/result.ts'
import { toHex } from '../../lib/bytes.ts'
import type { SealedFor } from './outbox-rows.ts'

type Deps = Pick<CoreContext, 'store' | 'crypto' | 'relays' | 'byHealth' | 'random' | 'clock' | 'queue'>
type Sealed<T> = Promise<Result<T, CryptoError | NetworkError>>

/** Encrypts jobs. Ratchet step and ciphertext go into the database in one transaction, before anything is sent. */
export interface Sealer {
  /** Answers the jobs that can be sent; one for a device without prekeys is not among them. */
  seal(
    own: OwnAccount,
    contact: ContactRow,
    devices: readonly DeviceInfo[],
    jobs: readonly OutboxJob[]
  ): Sealed<readonly OutboxJob[]>
  /**
   * Encrypts something new and commits it in the same transaction as the ratchet step. `commit` answers undefined when there is nothing to
   * commit after all: then the step is not taken either. `committed` is called at once after the commit. Answers false, with nothing
   * written, where it cannot be encrypted here and now.
   */
  sealNew(
    own: OwnAccount,
    contact: ContactRow,
    device: DeviceInfo,
    job: Pick<OutboxJob, 'kind' | 'content'>,
    commit: (tx: Tx, sealed: SealedFor) => OutboxJob | undefined,
    committed: (job: OutboxJob | undefined) => void
  ): Promise<boolean>
  /** For contents that are not kept: the session is advanced durably all the same. */
  sealOne(
    own: OwnAccount,
    contact: ContactRow,
    device: DeviceId,
    content: Uint8Array
  ): Promise<Uint8Array | undefined>
}

/** The key that opens the recipient's mailbox: theirs once they accepted, else the one of their invite. */
export const mailboxKey = (contact: ContactRow): Uint8Array | null =>
  contact.deliveryKey ?? contact.requestKey

/** Makes the sealer; one operation on an account's sessions at a time (`crypto:<account>`). */
export const createSealer = (deps: Deps & Pick<CoreContext, 'lists'>): Sealer => {
  const { store, crypto, relays, queue } = deps

  const openSessions = async (
    own: OwnAccount,
    contact: ContactRow,
    devices: readonly DeviceInfo[]
  ): Sealed<null> => {
    const key = mailboxKey(contact)
    if (!key) return err({ kind: 'crypto', reason: 'no-session' })
    let last: NetworkError = { kind: 'network', reason: 'relay-unreachable' }
    for (const relay of deps.byHealth(contact.relays)) {
      const bundles = await relays.claimPreKeys(relay, contact.account, key)
      if (!bundles.ok) {
        last = bundles.error
        continue
      }
      for (const device of devices) {
        const bundle = bundles.value.devices.find((entry) => entry.deviceId === device.id)
        // The relay is not believed: the identity key must be the one of the verified list. A device that has no
        // (good) prekeys there waits, and holds nobody else up.
        if (bundle?.identityKey !== device.identityKey) continue
        const staged = await crypto.startSession(own, contact.account, device, bundle)
        if (staged.ok) store.transaction((tx) => staged.value.apply(tx))
      }
      return ok(null)
    }
    return err(last)
  }

  const withSessions = async (
    own: OwnAccount,
    contact: ContactRow,
    devices: readonly DeviceInfo[]
  ): Sealed<null> => {
    const missing = devices.filter((device) => !crypto.hasSession(contact.account, device))
    return missing.length > 0 ? openSessions(own, contact, missing) : ok(null)
  }

  const encrypt = (
    own: OwnAccount,
    contact: ContactRow,
    device: DeviceInfo,
    job: Pick<OutboxJob, 'kind' | 'content'>
  ) => crypto.encrypt(own, contact.account, device, job.content, job.kind === 'message')

  const sealedFor = (device: DeviceInfo, ciphertext: Uint8Array): SealedFor => ({
    device: device.id,
    envelopeId: toHex(deps.random.bytes(16)) as EnvelopeId,
    ciphertext,
  })

  return {
    sealNew: (own, contact, device, job, commit, committed) =>
      queue.run(`crypto:${contact.account}`, async () => {
        if (!crypto.hasSession(contact.account, device)) return false
        const staged = await encrypt(own, contact, device, job)
        if (!staged.ok) return false
        const sealed = sealedFor(device, staged.value.value)
        const added = store.transaction((tx) => {
          const row = commit(tx, sealed)
          if (row) staged.value.apply(tx)
          return row
        })
        committed(added)
        return true
      }),
    seal: (own, contact, devices, jobs) =>
      queue.run(`crypto:${contact.account}`, async () => {
        const open = jobs.filter((job) => job.ciphertext === null)
        const wanted = devices.filter((device) => open.some((job) => job.device === device.id))
        const sessions = await withSessions(own, contact, wanted)
        if (!sessions.ok) return sessions
        const out: OutboxJob[] = []
        for (const job of jobs) {
          const device = devices.find((entry) => entry.id === job.device)
          if (job.ciphertext !== null || !device) {
            out.push(job)
            continue
          }
          if (!crypto.hasSession(contact.account, device)) continue
          const staged = await encrypt(own, contact, device, job)
          if (!staged.ok) return staged
          const sealed: OutboxJob = { ...job, ...sealedFor(device, staged.value.value) }
          const present = store.transaction((tx) => {
            staged.value.apply(tx)
            // A receipt may have removed the job while it was being encrypted.
            if (!tx.outbox.get(job.seq)) return false
            tx.outbox.update(sealed)
            return true
          })
          if (present) out.push(sealed)
        }
        return ok(out)
      }),
    sealOne: (own, contact, deviceId, content) =>
      queue.run(`crypto:${contact.account}`, async () => {
        const device = (await deps.lists.devicesOf(contact)).find((entry) => entry.id === deviceId)
        if (!device || !(await withSessions(own, contact, [device])).ok) return undefined
        const staged = await crypto.encrypt(own, contact.account, device, content, false)
        if (!staged.ok) return undefined
        store.transaction((tx) => staged.value.apply(tx))
        return staged.value.value
      }),
  }
}
