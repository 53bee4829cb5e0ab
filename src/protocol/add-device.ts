import { concatBytes, utf8 } from '../lib/bytes.ts'
import { accountIdBytes, type AccountId, type DeviceId } from './ids.ts'
import { PURPOSES } from './limits.ts'

/** What the publish key of an account signs to let a further device register at a relay. */
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
