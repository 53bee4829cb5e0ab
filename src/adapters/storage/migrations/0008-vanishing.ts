/**
 * A chat may be set to have its messages vanish (seconds, and when that was chosen), and each message keeps how long it stays (seconds) and, once
 * its time has begun, when it is to go (ms). Only the latter are in the index, so that the next one is found whatever the history's length.
 */
export const vanishing = `
ALTER TABLE contacts ADD COLUMN vanish_after INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contacts ADD COLUMN vanish_physical INTEGER;
ALTER TABLE contacts ADD COLUMN vanish_logical INTEGER;
ALTER TABLE messages ADD COLUMN vanish_after INTEGER;
ALTER TABLE messages ADD COLUMN vanish_at INTEGER;
CREATE INDEX messages_vanish ON messages (vanish_at) WHERE vanish_at IS NOT NULL;
`
