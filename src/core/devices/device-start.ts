import type { CoreContext } from '../context.ts'
import type { Registration } from '../../protocol/relay-api.ts'
import { toBase64Url } from '../../lib/bytes.ts'

/** Setting: how often this device has started. */
const STARTS = 'device-starts'

/**
 * The device epoch (architecture §4): which start of the device this is. It is counted when a relay is first told of it, durably before that, so
 * that of two copies of one profile no two starts look alike: one that counts no further than another start is the older copy.
 */
export const createDeviceStart = ({
  store,
  random,
}: Pick<CoreContext, 'store' | 'random'>): (() => NonNullable<Registration['start']>) => {
  let current: NonNullable<Registration['start']> | undefined
  return () => {
    current ??= {
      count: store.transaction((tx) => {
        const count = Number(tx.settings.get(STARTS) ?? 0) + 1
        tx.settings.put(STARTS, String(count))
        return count
      }),
      id: toBase64Url(random.bytes(16)),
    }
    return current
  }
}
