import { CLOCK, READ_RECEIPTS } from '../domain/settings.ts'
import { NEXT_DELIVERY_KEY, type KeyList } from '../jobs/access-keys.ts'
import { LEFT_RELAYS } from '../jobs/left-relays.ts'
import { CONTACT_NOTIFICATION_KEY } from '../jobs/notification-state.ts'

/** What opens the mailbox is the account's: others hold it, whatever device it lives on. */
const KEY_LISTS: readonly KeyList[] = ['invites', 'retired-delivery-keys']
const KEPT: ReadonlySet<string> = new Set([
  READ_RECEIPTS,
  // What is written after a restore comes after what was written before.
  CLOCK,
  NEXT_DELIVERY_KEY,
  LEFT_RELAYS,
  ...KEY_LISTS,
])

/**
 * Whether a setting is the person's or the account's, and so goes into backups and comes back from them. Whatever is not named here is the device's:
 * how it stands to the account, what relays have of it, how it is notified. Another device that took that over might never send.
 */
export const isKept = (key: string): boolean => KEPT.has(key) || key.startsWith(CONTACT_NOTIFICATION_KEY)
