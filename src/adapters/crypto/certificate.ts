import type { OwnAccount } from '../../core/ports/storage.ts'
import { PrivateKey, PublicKey, SenderCertificate, ServerCertificate } from '../../signal/index.ts'

/** Sealed sender wants a date; ours ends with the device list, so this one lies far off (ms since 1970, year 2100). */
const EXPIRES = 4_102_444_800_000
const KEY_ID = 1

/**
 * Sealed sender's certificates are containers here (architecture §4): the "server" is the account key, the sender is the device. Their
 * signatures are made with the device's key and believed by nobody; the device list says what is true.
 */
export const senderCertificate = (own: OwnAccount): SenderCertificate => {
  const identity = PrivateKey.deserialize(own.identityPrivate)
  const container = ServerCertificate.new(KEY_ID, PublicKey.deserialize(own.accountKey), identity)
  const device = PublicKey.deserialize(own.identityPublic)
  return SenderCertificate.new(own.account, null, own.device, device, EXPIRES, container, identity)
}
