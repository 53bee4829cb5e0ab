/** What the publish key of an account signs so that a relay takes a change of its devices. */
import { concatBytes, utf8 } from '../lib/bytes.ts'
import { accountIdBytes, type AccountId, type DeviceId } from './ids.ts'
import { PURPOSES } from './limits.ts'

/** Lets a further device register. */
export const addDeviceSigningInput = (
  account: AccountId,
  device: DeviceId,
  requestKey: Uint8Array
): Uint8Array =>
  concatBytes(
    utf8(PURPOSES.addDevice),
    Uint8Array.of(0),
    accountIdBytes(account),
    Uint8Array.of(device),
    requestKey
  )

/** Ends a device for good. */
export const removeDeviceSigningInput = (account: AccountId, device: DeviceId): Uint8Array =>
  concatBytes(utf8(PURPOSES.removeDevice), Uint8Array.of(0), accountIdBytes(account), Uint8Array.of(device))
