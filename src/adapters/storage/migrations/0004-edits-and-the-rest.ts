/**
 * Messages can be edited and deleted: the clock of the newest edit decides, and an edit that comes before its message waits for it. With them
 * come the tables of what the product will hold beside texts, each tied to what it hangs on, so that nothing is left when that goes.
 */
export const editsAndTheRest = `
ALTER TABLE messages ADD COLUMN edited_physical INTEGER;
ALTER TABLE messages ADD COLUMN edited_logical INTEGER;
ALTER TABLE messages ADD COLUMN edited_at INTEGER;
ALTER TABLE messages ADD COLUMN reply_author TEXT;
ALTER TABLE messages ADD COLUMN reply_message TEXT;

CREATE TABLE early_edits (
  conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  author TEXT NOT NULL, message TEXT NOT NULL,
  clock_physical INTEGER NOT NULL, clock_logical INTEGER NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (conversation, author, message)
) STRICT, WITHOUT ROWID;

CREATE TABLE reactions (
  conversation TEXT NOT NULL, author TEXT NOT NULL, message TEXT NOT NULL,
  account TEXT NOT NULL, emoji TEXT NOT NULL, clock_physical INTEGER NOT NULL, clock_logical INTEGER NOT NULL,
  PRIMARY KEY (conversation, message, author, account),
  FOREIGN KEY (conversation, message, author) REFERENCES messages (conversation, id, author) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE attachments (
  conversation TEXT NOT NULL, author TEXT NOT NULL, message TEXT NOT NULL, number INTEGER NOT NULL,
  media_type TEXT NOT NULL, name TEXT, size INTEGER NOT NULL, digest BLOB NOT NULL, key BLOB NOT NULL,
  pointer TEXT, state TEXT NOT NULL, details TEXT NOT NULL,
  PRIMARY KEY (conversation, message, author, number),
  FOREIGN KEY (conversation, message, author) REFERENCES messages (conversation, id, author) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE groups (
  id TEXT PRIMARY KEY, epoch INTEGER NOT NULL, name TEXT NOT NULL, settings TEXT NOT NULL, since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE group_epochs (
  group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE, epoch INTEGER NOT NULL,
  hash BLOB NOT NULL, signed BLOB NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (group_id, epoch, hash)
) STRICT, WITHOUT ROWID;
CREATE TABLE group_members (
  group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE, account TEXT NOT NULL, role TEXT NOT NULL,
  since_epoch INTEGER NOT NULL, PRIMARY KEY (group_id, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_members_account ON group_members (account);

CREATE TABLE signal_sender_keys (
  address TEXT NOT NULL, distribution TEXT NOT NULL, record BLOB NOT NULL, created_at INTEGER NOT NULL,
  PRIMARY KEY (address, distribution)
) STRICT, WITHOUT ROWID;

CREATE TABLE calls (
  id TEXT PRIMARY KEY, conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  account TEXT NOT NULL, own INTEGER NOT NULL, video INTEGER NOT NULL, outcome TEXT NOT NULL,
  began_at INTEGER NOT NULL, ended_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX calls_conversation ON calls (conversation, began_at);

CREATE TABLE sync_chunks (
  document TEXT NOT NULL, chunk TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (document, chunk)
) STRICT;
`
