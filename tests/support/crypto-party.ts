import { openNodeStore } from '../../src/adapters/storage/node-store.ts'
import { createCrypto } from '../../src/adapters/crypto/crypto.ts'
import type { DeviceInfo } from '../../src/core/domain/contact.ts'
import type { CryptoPort, Opened, Staged } from '../../src/core/ports/crypto.ts'
import type { OwnAccount, Store } from '../../src/core/ports/storage.ts'
import { utf8 } from '../../src/lib/bytes.ts'
import type { Result } from '../../src/lib/result.ts'
import type { Bundles, PreKeyUpload } from '../../src/protocol/relay-api.ts'

/** A moment to start from, ms since 1970. */
export const START = 1_790_000_000_000
export const RELAY = 'https://relay.example'

/** One account with its database, and a clock that the test moves. */
export interface Party {
  readonly store: Store
  readonly crypto: CryptoPort
  readonly own: OwnAccount
  readonly device: DeviceInfo
  /** Bundles as the relay would hand them out: one-time keys until they are used up. */
  readonly bundle: () => Bundles['devices'][number]
  readonly time: { now: number }
}

/** What must have gone well. */
export const value = <T>(result: Result<T, { readonly reason: string }>): T => {
  if (!result.ok) throw new Error(result.error.reason)
  return result.value
}

export const reasonOf = (result: Result<unknown, { readonly reason: string }>): string =>
  result.ok ? 'fine' : result.error.reason

export const commit = <T>(party: Pick<Party, 'store'>, staged: Staged<T>): T => {
  party.store.transaction((tx) => staged.apply(tx))
  return staged.value
}

/** A new account with `oneTime` prekeys of each kind. */
export const createParty = async (name: string, oneTime = 2): Promise<Party> => {
  const store = await openNodeStore({ memory: true })
  const time = { now: START }
  const bytes = (length: number) => crypto.getRandomValues(new Uint8Array(length))
  const port = createCrypto({ store, bytes, now: () => time.now })
  const own = commit({ store }, await port.createAccount(name, [RELAY], START))
  const [device] = value(await port.verifyList(own.listChain)).devices
  if (!device) throw new Error('no device')
  const upload = commit({ store }, await port.makePreKeys(own, START, { ec: oneTime, kyber: oneTime }))
  return { store, crypto: port, own, device, bundle: bundlesOf(upload, device), time }
}

const bundlesOf = (upload: PreKeyUpload, device: DeviceInfo) => {
  const { identityKey, registrationId, signedPreKey, lastResortKyber } = upload
  const [preKeys, kyber] = [[...upload.preKeys], [...upload.kyberPreKeys]]
  return () => {
    const preKey = preKeys.shift()
    return {
      deviceId: device.id,
      registrationId,
      identityKey,
      signedPreKey,
      kyberPreKey: kyber.shift() ?? lastResortKyber,
      ...(preKey ? { preKey } : {}),
    }
  }
}

/** Starts a session from `from` to `to`, whatever was there before. */
export const startSession = async (from: Party, to: Party): Promise<void> => {
  commit(from, value(await from.crypto.startSession(from.own, to.own.account, to.device, to.bundle())))
}

/** Encrypts, starting a session where there is none, and commits. */
export const write = async (from: Party, to: Party, text: string): Promise<Uint8Array> => {
  if (!from.crypto.hasSession(to.own.account, to.device)) await startSession(from, to)
  return commit(from, value(await from.crypto.encrypt(from.own, to.own.account, to.device, utf8(text), true)))
}

/** Opens the outer layer. */
export const openFor = async (to: Party, body: Uint8Array): Promise<Opened> =>
  value(await to.crypto.open(to.own, body))

/** Opens, decrypts and commits. */
export const read = async (to: Party, body: Uint8Array): Promise<string> => {
  const staged = value(await to.crypto.decrypt(to.own, await openFor(to, body)))
  return new TextDecoder().decode(commit(to, staged))
}
