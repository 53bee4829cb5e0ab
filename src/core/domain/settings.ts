/** Name of the setting that lets read receipts out; on unless it says 'off'. */
export const READ_RECEIPTS = 'read-receipts'
