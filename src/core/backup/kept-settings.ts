import { CLOCK, READ_RECEIPTS, type Look } from '../domain/settings.ts'
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

/** What the windows keep themselves goes along under these names, and is given back to them. */
const OF_WINDOWS = ['theme', 'language'] as const

/** As settings of a backup. */
export const lookSettings = (look: Look): readonly { readonly key: string; readonly value: string }[] =>
  OF_WINDOWS.flatMap((key) => (look[key] === null ? [] : [{ key, value: look[key] }]))

/** Longer than any name of a theme or a language. */
const LONGEST = 64

/** Changed by a setting of a backup, where that is one of the windows'. */
export const withSetting = (look: Look, key: string, value: string): Look => {
  const name = OF_WINDOWS.find((one) => one === key)
  return name === undefined || value.length > LONGEST ? look : { ...look, [name]: value }
}
