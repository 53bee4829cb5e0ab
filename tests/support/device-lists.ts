import {
  ACCOUNT_SIGNER,
  appendToChain,
  encodeDeviceList,
  listSigningInput,
  listVersion,
  startChain,
  type ListedDevice,
  type VerifySignature,
} from '../../src/protocol/device-list.ts'
import type { DeviceId } from '../../src/protocol/ids.ts'
import { PrivateKey, PublicKey } from '../../src/signal/index.ts'

/** A device with the private half of its identity. */
export interface TestDevice {
  readonly listed: ListedDevice
  readonly identity: PrivateKey
}

export const testDevice = (id: number): TestDevice => {
  const identity = PrivateKey.generate()
  return {
    identity,
    listed: {
      id: id as DeviceId,
      identityKey: identity.getPublicKey().serialize(),
      registrationId: 1_000 + id,
      requestKey: new Uint8Array(32).fill(id),
    },
  }
}

/** What may differ from an honest revision. */
export interface Revision {
  readonly devices: readonly TestDevice[]
  /** Undefined: the account key. */
  readonly by?: TestDevice
  readonly revision?: number
  readonly previousHash?: Uint8Array
  readonly accountKey?: Uint8Array
  readonly relays?: readonly string[]
  readonly signedAt?: number
}

export const RELAY = 'https://relay.example'

const signed = (
  account: PrivateKey,
  before: { revision: number; hash: Uint8Array } | undefined,
  change: Revision
) => {
  const list = encodeDeviceList({
    accountKey: change.accountKey ?? account.getPublicKey().serialize(),
    revision: change.revision ?? (before?.revision ?? 0) + 1,
    previousHash: change.previousHash ?? before?.hash ?? new Uint8Array(),
    devices: change.devices.map((device) => device.listed),
    relays: change.relays ?? [RELAY],
    signedAt: change.signedAt ?? 1_700_000_000_000,
  })
  const signature = (change.by?.identity ?? account).sign(listSigningInput(list))
  return { list, signature, signer: change.by?.listed.id ?? ACCOUNT_SIGNER }
}

/** The first revision of a chain. */
export const begin = (account: PrivateKey, change: Revision): Uint8Array =>
  startChain(signed(account, undefined, change))

/** A further revision of `chain`. */
export const append = (account: PrivateKey, chain: Uint8Array, change: Revision): Uint8Array => {
  const longer = appendToChain(chain, signed(account, listVersion(chain), change))
  if (!longer) throw new Error('the chain is full')
  return longer
}

/** A chain that goes on from `chain` without containing it. */
export const restart = (account: PrivateKey, chain: Uint8Array, change: Revision): Uint8Array =>
  startChain(signed(account, listVersion(chain), change))

/** XEdDSA in plain JavaScript. */
export const verifySignature: VerifySignature = async (key, data, signature) =>
  PublicKey.deserialize(key).verify(data, signature)
