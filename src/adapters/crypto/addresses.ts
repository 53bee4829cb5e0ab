import { fromBase64Url } from '../../lib/bytes.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { ProtocolAddress } from '../../signal/index.ts'

/** The Signal address of a device; throws for a number outside 1 to 127. */
export const addressOf = (account: AccountId, device: number): ProtocolAddress =>
  ProtocolAddress.new(account, device)

/** Key text of a device list or bundle as bytes; what is not base64url matches no key. */
export const keyBytes = (text: string): Uint8Array => fromBase64Url(text) ?? new Uint8Array()
