/** Name of the setting that lets read receipts out; on unless it says 'off'. */
export const READ_RECEIPTS = 'read-receipts'
/** The passphrase of a backup has that many characters at least. */
export const BACKUP_PASSPHRASE_MIN_LENGTH = 10
/** Name of the setting that keeps the hybrid clock. */
export const CLOCK = 'clock'

/** What the person has chosen for the windows, each in the windows' own words; null where they leave it to the device. */
export interface Look {
  readonly theme: string | null
  readonly language: string | null
}
/** Nothing chosen. */
export const AS_THE_DEVICE: Look = { theme: null, language: null }
