import type { Bytes } from '../bytes.ts'
import type { RawKeyPair } from '../crypto/provider.ts'
import type { PackedList } from '../proto/packed.ts'
import type { Spqr } from '../spqr/storage.ts'

/** The chain that we send on. */
export type SendingChain = { readonly pair: RawKeyPair; key: Bytes; index: number }

/** A chain that we receive on; `skipped` has the newest seed last. */
export type ReceivingChain = {
  /** Remote ratchet key, 32 bytes. */
  readonly ratchetKey: Bytes
  key: Bytes
  index: number
  skipped: PackedList
}

/** What goes into every message until the peer has answered (spec §3.2). */
export type PendingPreKey = {
  readonly preKeyId: number | null
  readonly signedPreKeyId: number
  /** 33 bytes. */
  readonly baseKey: Bytes
  readonly kyberPreKeyId: number
  /** Without its type byte. */
  readonly kyberCiphertext: Bytes
  /** Creation time in seconds since 1970. */
  readonly timestamp: number
}

/** One session (spec §4.1): a working copy that the ratchet changes, loaded anew for every attempt. */
export type SessionState = {
  readonly version: number
  /** Identity keys, 33 bytes each. */
  readonly localIdentity: Bytes
  readonly remoteIdentity: Bytes
  readonly localRegistrationId: number
  readonly remoteRegistrationId: number
  /** 33 bytes; tells sessions apart (spec §8.4). */
  readonly aliceBaseKey: Bytes
  rootKey: Bytes
  previousCounter: number
  sending: SendingChain
  /** Oldest first. */
  receiving: ReceivingChain[]
  pending: PendingPreKey | null
  readonly spqr: Spqr
}
