/**
 * A chat may be set to have its messages vanish (seconds, and when that was chosen). Of each message that is to vanish is noted how long it stays
 * (seconds) and, once its time has begun, when it is to go (ms): in a table of its own, since a column more of the messages, or an index, would have
 * this walk all of them.
 */
export const vanishing = `
ALTER TABLE contacts ADD COLUMN vanish_after INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contacts ADD COLUMN vanish_physical INTEGER;
ALTER TABLE contacts ADD COLUMN vanish_logical INTEGER;
CREATE TABLE vanishing (
  pk INTEGER PRIMARY KEY REFERENCES messages (pk) ON DELETE CASCADE, after INTEGER NOT NULL, at INTEGER
) STRICT;
CREATE INDEX vanishing_at ON vanishing (at) WHERE at IS NOT NULL;
`
