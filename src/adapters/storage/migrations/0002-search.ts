/** Names a message's conversation, author and the 30 days it was written in, as words of the index. */
const scopeOf = (row: string): string =>
  `'c' || replace(${row}.conversation, '-', '') || ' a' || replace(${row}.author, '-', '') || ' m' || (${row}.at / 2592000000)`

const WORDS = (row: string): string => `coalesce(${row}.spaced, ${row}.text)`
const INDEXED = (row: string): string =>
  `WHEN ${row}.kind = 'text' AND ${row}.pk >= (SELECT down_to FROM search_progress)`

const ADD = `
  INSERT INTO messages_words (rowid, words, scope) VALUES (new.pk, ${WORDS('new')}, ${scopeOf('new')});
  INSERT INTO messages_parts (rowid, text) VALUES (new.pk, new.text);`
const DROP = `
  INSERT INTO messages_words (messages_words, rowid, words, scope) VALUES ('delete', old.pk, ${WORDS('old')}, ${scopeOf('old')});
  INSERT INTO messages_parts (messages_parts, rowid, text) VALUES ('delete', old.pk, old.text);`

/**
 * Search in two indexes: words (with Chinese, Japanese and Korean text spaced out, in \`spaced\`, and with the conversation, author and time to
 * narrow it down), and parts of words (trigrams, without positions: candidates that are then looked at). What was written before is indexed
 * little by little, newest first: messages from \`down_to\` on are in.
 */
export const search = `
DROP TRIGGER messages_inserted;
DROP TRIGGER messages_deleted;
DROP TRIGGER messages_edited;
DROP TABLE messages_text;

ALTER TABLE messages ADD COLUMN spaced TEXT;
CREATE TABLE search_progress (one INTEGER PRIMARY KEY CHECK (one = 1), down_to INTEGER NOT NULL) STRICT;
INSERT INTO search_progress SELECT 1, coalesce(max(pk) + 1, 0) FROM messages;

CREATE VIEW messages_searched AS SELECT pk, ${WORDS('m')} AS words, ${scopeOf('m')} AS scope, text FROM messages m WHERE kind = 'text';
CREATE VIRTUAL TABLE messages_words USING fts5 (
  words, scope, content='messages_searched', content_rowid='pk', columnsize=0, tokenize="unicode61 remove_diacritics 2", prefix='2 3'
);
CREATE VIRTUAL TABLE messages_parts USING fts5 (
  text, content='messages_searched', content_rowid='pk', columnsize=0, detail=none, tokenize="trigram remove_diacritics 1"
);
INSERT INTO messages_words (messages_words, rank) VALUES ('secure-delete', 1);
INSERT INTO messages_parts (messages_parts, rank) VALUES ('secure-delete', 1);

CREATE TRIGGER messages_inserted AFTER INSERT ON messages ${INDEXED('new')} BEGIN ${ADD}
END;
CREATE TRIGGER messages_deleted AFTER DELETE ON messages ${INDEXED('old')} BEGIN ${DROP}
END;
CREATE TRIGGER messages_edited AFTER UPDATE OF kind, text ON messages ${INDEXED('old')} BEGIN ${DROP}
END;
CREATE TRIGGER messages_edited_to AFTER UPDATE OF kind, text ON messages ${INDEXED('new')} BEGIN ${ADD}
END;
`
