import type { ProtocolAddress } from '../address/protocol-address.ts'
import type { Uuid } from '../address/uuid.ts'
import type { SenderKeyRecord } from '../groups/record.ts'
import { IdentityKeyPair, type PrivateKey, type PublicKey } from '../keys/ec.ts'
import type { KyberPreKeyRecord, PreKeyRecord, SignedPreKeyRecord } from '../prekeys/records.ts'
import type { SessionRecord } from '../session/record.ts'

/** What a trust question is about. */
export const Direction = { Sending: 0, Receiving: 1 } as const
export type Direction = (typeof Direction)[keyof typeof Direction]

/** What `saveIdentity` found. */
export const IdentityChange = { NewOrUnchanged: 0, ReplacedExisting: 1 } as const
export type IdentityChange = (typeof IdentityChange)[keyof typeof IdentityChange]

/** Keeps one record per remote device; records are opaque bytes to it. */
export abstract class SessionStore {
  abstract saveSession(name: ProtocolAddress, record: SessionRecord): Promise<void>
  abstract getSession(name: ProtocolAddress): Promise<SessionRecord | null>
  /** All of them, in this order; throws when one is missing. */
  abstract getExistingSessions(addresses: ProtocolAddress[]): Promise<SessionRecord[]>
}

/** Keeps our identity and what we believe of others'. */
export abstract class IdentityKeyStore {
  abstract getIdentityKey(): Promise<PrivateKey>
  async getIdentityKeyPair(): Promise<IdentityKeyPair> {
    const key = await this.getIdentityKey()
    return new IdentityKeyPair(key.getPublicKey(), key)
  }
  abstract getLocalRegistrationId(): Promise<number>
  abstract saveIdentity(name: ProtocolAddress, key: PublicKey): Promise<IdentityChange>
  abstract isTrustedIdentity(name: ProtocolAddress, key: PublicKey, direction: Direction): Promise<boolean>
  abstract getIdentity(name: ProtocolAddress): Promise<PublicKey | null>
}

/** Keeps one-time prekeys; `getPreKey` throws for an unknown id. */
export abstract class PreKeyStore {
  abstract savePreKey(id: number, record: PreKeyRecord): Promise<void>
  abstract getPreKey(id: number): Promise<PreKeyRecord>
  abstract removePreKey(id: number): Promise<void>
}

/** Keeps signed prekeys; `getSignedPreKey` throws for an unknown id. */
export abstract class SignedPreKeyStore {
  abstract saveSignedPreKey(id: number, record: SignedPreKeyRecord): Promise<void>
  abstract getSignedPreKey(id: number): Promise<SignedPreKeyRecord>
}

/**
 * Keeps Kyber prekeys; `getKyberPreKey` throws for an unknown id. `markKyberPreKeyUsed` deletes a one-time key; of
 * a last-resort key it remembers the base keys per (Kyber id, signed prekey id) and throws at a repeat (spec §8.4).
 */
export abstract class KyberPreKeyStore {
  abstract saveKyberPreKey(kyberPreKeyId: number, record: KyberPreKeyRecord): Promise<void>
  abstract getKyberPreKey(kyberPreKeyId: number): Promise<KyberPreKeyRecord>
  abstract markKyberPreKeyUsed(
    kyberPreKeyId: number,
    signedPreKeyId: number,
    baseKey: PublicKey
  ): Promise<void>
}

/** Keeps one record per sender and distribution id. */
export abstract class SenderKeyStore {
  abstract saveSenderKey(
    sender: ProtocolAddress,
    distributionId: Uuid,
    record: SenderKeyRecord
  ): Promise<void>
  abstract getSenderKey(sender: ProtocolAddress, distributionId: Uuid): Promise<SenderKeyRecord | null>
}
