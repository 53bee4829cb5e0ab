import type { DeviceStanding } from '../api.ts'
import { OLDER_COPY, type Tx } from '../ports/storage.ts'

/** Setting: how this device stands to its account. */
const STANDING = 'device-standing'
/** Setting: 'yes' until a relay has the list that names this device. */
const UNKNOWN = 'device-unknown'

/** How this device stands to its account. */
export const standingOf = (tx: Tx): DeviceStanding => {
  const stored = tx.settings.get(STANDING)
  return stored === 'renewed' || stored === 'removed' ? stored : 'good'
}

/** Notes it. */
export const putStanding = (tx: Tx, standing: DeviceStanding): void => tx.settings.put(STANDING, standing)

/**
 * Who gets something looks for the device in the list: nothing goes out before that is published, nor from a device that was removed, nor
 * from an older copy: what it would send, another has sent with the same keys.
 */
export const maySend = (tx: Tx): boolean =>
  standingOf(tx) !== 'removed' && tx.settings.get(UNKNOWN) !== 'yes' && !isBehind(tx)

/** Whether this is an older copy. */
export const isBehind = (tx: Tx): boolean => tx.settings.get(OLDER_COPY) === 'yes'

/** Notes whether this is an older copy. */
export const putBehind = (tx: Tx, behind: boolean): void => tx.settings.put(OLDER_COPY, behind ? 'yes' : 'no')

/** Notes whether a list that names this device is still to be published. */
export const putUnknown = (tx: Tx, unknown: boolean): void => tx.settings.put(UNKNOWN, unknown ? 'yes' : 'no')
