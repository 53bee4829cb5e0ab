/** The first schema: account, contacts, conversations, messages with their search index, outbox, inbox, Signal records. */
export const first = `
CREATE TABLE own_account (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  account TEXT NOT NULL, account_key BLOB NOT NULL, entropy BLOB,
  device INTEGER NOT NULL, registration_id INTEGER NOT NULL,
  identity_public BLOB NOT NULL, identity_private BLOB NOT NULL,
  request_private BLOB NOT NULL, publish_private BLOB NOT NULL,
  profile_key BLOB NOT NULL, delivery_key BLOB NOT NULL,
  name TEXT NOT NULL, relays TEXT NOT NULL,
  list_chain BLOB NOT NULL, list_revision INTEGER NOT NULL, created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE contacts (
  account TEXT PRIMARY KEY, account_key BLOB NOT NULL, name TEXT NOT NULL,
  state TEXT NOT NULL, safety TEXT NOT NULL, relays TEXT NOT NULL,
  delivery_key BLOB, request_key BLOB, profile_key BLOB,
  list_chain BLOB NOT NULL, list_revision INTEGER NOT NULL, list_seen_at INTEGER NOT NULL,
  known_devices TEXT NOT NULL, since INTEGER NOT NULL
) STRICT;

CREATE TABLE conversations (
  id TEXT PRIMARY KEY, draft TEXT NOT NULL, unread INTEGER NOT NULL, active_at INTEGER NOT NULL, read_up_to TEXT,
  read_physical INTEGER, read_logical INTEGER, read_author TEXT
) STRICT;
CREATE INDEX conversations_active ON conversations (active_at DESC);

CREATE TABLE messages (
  pk INTEGER PRIMARY KEY,
  conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  author TEXT NOT NULL, id TEXT NOT NULL,
  clock_physical INTEGER NOT NULL, clock_logical INTEGER NOT NULL,
  kind TEXT NOT NULL, text TEXT NOT NULL, state TEXT NOT NULL, fail_reason TEXT,
  at INTEGER NOT NULL, own INTEGER NOT NULL,
  UNIQUE (conversation, id, author)
) STRICT;
CREATE INDEX messages_order ON messages (conversation, clock_physical, clock_logical, author, id);

-- Where reading ended stays known when that message itself goes (a gap that was filled).
CREATE TRIGGER conversations_read AFTER UPDATE OF read_up_to ON conversations WHEN new.read_up_to IS NOT old.read_up_to BEGIN
  UPDATE conversations SET (read_physical, read_logical, read_author) =
    (SELECT clock_physical, clock_logical, author FROM messages WHERE conversation = new.id AND id = new.read_up_to)
    WHERE id = new.id;
END;

CREATE VIRTUAL TABLE messages_text USING fts5 (
  text, content='messages', content_rowid='pk', tokenize="unicode61 remove_diacritics 2", prefix='2 3'
);
INSERT INTO messages_text (messages_text, rank) VALUES ('secure-delete', 1);
CREATE TRIGGER messages_inserted AFTER INSERT ON messages WHEN new.kind = 'text' BEGIN
  INSERT INTO messages_text (rowid, text) VALUES (new.pk, new.text);
END;
CREATE TRIGGER messages_deleted AFTER DELETE ON messages WHEN old.kind = 'text' BEGIN
  INSERT INTO messages_text (messages_text, rowid, text) VALUES ('delete', old.pk, old.text);
END;
CREATE TRIGGER messages_edited AFTER UPDATE OF text ON messages WHEN old.kind = 'text' BEGIN
  INSERT INTO messages_text (messages_text, rowid, text) VALUES ('delete', old.pk, old.text);
  INSERT INTO messages_text (rowid, text) VALUES (new.pk, new.text);
END;

CREATE TABLE deliveries (
  conversation TEXT NOT NULL, author TEXT NOT NULL, message TEXT NOT NULL, device INTEGER NOT NULL, kind TEXT NOT NULL,
  PRIMARY KEY (conversation, message, author, device, kind),
  FOREIGN KEY (conversation, message, author) REFERENCES messages (conversation, id, author) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL, account TEXT NOT NULL, device INTEGER, message_id TEXT NOT NULL, content BLOB NOT NULL,
  envelope_id TEXT, ciphertext BLOB, state TEXT NOT NULL, attempts INTEGER NOT NULL,
  next_at INTEGER NOT NULL, expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_account ON outbox (account, seq);
CREATE INDEX outbox_message ON outbox (account, message_id);
CREATE INDEX outbox_due ON outbox (next_at, account);
CREATE INDEX outbox_queued ON outbox (seq) WHERE state = 'queued';
CREATE UNIQUE INDEX outbox_envelope ON outbox (envelope_id) WHERE envelope_id IS NOT NULL;

CREATE TABLE seen_envelopes (id TEXT PRIMARY KEY, message_id TEXT, account TEXT, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX seen_at ON seen_envelopes (at);
CREATE TABLE undecryptable (
  envelope_id TEXT PRIMARY KEY, account TEXT NOT NULL, device INTEGER NOT NULL, body BLOB NOT NULL, asked INTEGER NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE TABLE receipts_due (
  account TEXT NOT NULL, kind TEXT NOT NULL, message_id TEXT NOT NULL, PRIMARY KEY (account, kind, message_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE resends (
  account TEXT NOT NULL, device INTEGER NOT NULL, message_id TEXT NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (account, device, message_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE signal_sessions (address TEXT PRIMARY KEY, record BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE signal_identities (address TEXT PRIMARY KEY, key BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE signal_prekeys (id INTEGER PRIMARY KEY, record BLOB NOT NULL) STRICT;
CREATE TABLE signal_signed_prekeys (id INTEGER PRIMARY KEY, record BLOB NOT NULL, created_at INTEGER NOT NULL) STRICT;
CREATE TABLE signal_kyber_prekeys (
  id INTEGER PRIMARY KEY, record BLOB NOT NULL, last_resort INTEGER NOT NULL, created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE signal_kyber_used (
  kyber_id INTEGER NOT NULL, signed_id INTEGER NOT NULL, base_key BLOB NOT NULL, PRIMARY KEY (kyber_id, signed_id, base_key)
) STRICT, WITHOUT ROWID;
CREATE TABLE signal_counters (kind TEXT PRIMARY KEY, next INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`
