import type { CryptoPort } from '../../core/ports/crypto.ts'
import type { Store } from '../../core/ports/storage.ts'
import { accountIdBytes } from '../../protocol/ids.ts'
import { sha256 } from '../../protocol/sha256.ts'
import { Fingerprint, PublicKey } from '../../signal/index.ts'
import { createAccountKeys } from './account.ts'
import { createListRecords } from './list-records.ts'
import { createPreKeys } from './prekeys.ts'
import { createRetries } from './retry.ts'
import { createSealedSender } from './sealed.ts'
import { createSessions } from './sessions.ts'

/** Signal's values (spec §11). */
const ITERATIONS = 5200
const FINGERPRINT_VERSION = 2

/** What the adapter is made of. */
export interface CryptoDeps {
  readonly store: Store
  /** Unpredictable bytes. */
  readonly bytes: (length: number) => Uint8Array
  /** ms since 1970 */
  readonly now: () => number
}

/** The Signal library and our own signatures, bound to the database's rows. */
export const createCrypto = (deps: CryptoDeps): CryptoPort => {
  const sealed = createSealedSender()
  return {
    ...createAccountKeys(deps),
    ...createListRecords(deps),
    ...createPreKeys(deps),
    ...createSessions({ ...deps, sealed }),
    ...createRetries({ ...deps, sealed }),
    open: sealed.open,
    safetyNumber: async (own, other) => {
      const number = Fingerprint.new(
        ITERATIONS,
        FINGERPRINT_VERSION,
        accountIdBytes(own.account),
        PublicKey.deserialize(own.key),
        accountIdBytes(other.account),
        PublicKey.deserialize(other.key)
      )
      return {
        digits: number.displayableFingerprint().toString(),
        scannable: number.scannableFingerprint().toBuffer(),
      }
    },
    sha256,
  }
}
