/** Names a message's conversation, author and the 30 days it was written in, as words of the index. */
const scopeOf = (row: string): string =>
  `'c' || replace(${row}.conversation, '-', '') || ' a' || replace(${row}.author, '-', '') || ' m' || (${row}.at / 2592000000)`
const WORDS = (row: string): string => `coalesce(${row}.spaced, ${row}.text)`
/** Rows that were not looked at again are in the index of parts as they were written. */
const PARTS = (row: string): string =>
  `iif(${row}.pk >= (SELECT folded_from FROM search_progress), coalesce(replace(${row}.spaced, char(31), ''), ${row}.text), ${row}.text)`
const IN_RANGE = (row: string): string =>
  `${row}.pk >= (SELECT down_to FROM search_progress) AND ${row}.pk < (SELECT up_to FROM search_progress)`
const isChanged = (row: string): string => `EXISTS (SELECT 1 FROM search_changes WHERE pk = ${row}.pk)`

/** The first of several changes has what the index holds. */
const NOTE = `
  INSERT INTO search_changes SELECT old.pk, ${WORDS('old')}, ${scopeOf('old')}, ${PARTS('old')} WHERE NOT ${isChanged('old')};`

/**
 * \`spaced\` is the folded form of every text that the tokenizers do not fold alike, for both indexes: its words are parted by U+001F where nothing
 * else does it. Messages from \`folded_from\` on have it so; those before are looked at in the background, from the newest to the oldest.
 */
export const foldAll = `
ALTER TABLE search_progress ADD COLUMN folded_from INTEGER NOT NULL DEFAULT 0;
UPDATE search_progress SET folded_from = (SELECT iif(max(pk) >= down_to, max(pk) + 1, 0) FROM messages);

DROP TRIGGER messages_deleted;
DROP TRIGGER messages_edited;
DROP VIEW messages_searched;
CREATE VIEW messages_searched AS
  SELECT pk, ${WORDS('m')} AS words, ${scopeOf('m')} AS scope, ${PARTS('m')} AS text FROM messages m
    WHERE kind = 'text' AND ${IN_RANGE('m')} AND NOT ${isChanged('m')}
  UNION ALL SELECT pk, words, scope, text FROM search_changes;

CREATE TRIGGER messages_deleted AFTER DELETE ON messages WHEN old.kind = 'text' AND ${IN_RANGE('old')} BEGIN ${NOTE}
END;
CREATE TRIGGER messages_edited AFTER UPDATE OF kind, text ON messages WHEN old.kind = 'text' AND ${IN_RANGE('old')} BEGIN ${NOTE}
END;
`
