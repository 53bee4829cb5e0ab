/** Names a message's conversation, author and the 30 days it was written in, as words of the index. */
const scopeOf = (row: string): string =>
  `'c' || replace(${row}.conversation, '-', '') || ' a' || replace(${row}.author, '-', '') || ' m' || (${row}.at / 2592000000)`
const WORDS = (row: string): string => `coalesce(${row}.spaced, ${row}.text)`
const IN_RANGE = (row: string): string =>
  `${row}.pk >= (SELECT down_to FROM search_progress) AND ${row}.pk < (SELECT up_to FROM search_progress)`
const isChanged = (row: string): string => `EXISTS (SELECT 1 FROM search_changes WHERE pk = ${row}.pk)`

/** The first of several changes has what the index holds. */
const NOTE = `
  INSERT INTO search_changes SELECT old.pk, ${WORDS('old')}, ${scopeOf('old')}, old.text WHERE NOT ${isChanged('old')};`

/**
 * The search index follows the messages: a message's own commit writes the message alone. Those from \`up_to\` on are not in the index yet. Of
 * those that were changed or deleted since they came into it, \`search_changes\` keeps what it holds, until that is taken out. The view is of
 * what the index holds at any time, so that the two can be compared.
 */
export const indexLater = `
ALTER TABLE search_progress ADD COLUMN up_to INTEGER NOT NULL DEFAULT 0;
UPDATE search_progress SET up_to = max(down_to, (SELECT coalesce(max(pk) + 1, 0) FROM messages));
CREATE TABLE search_changes (pk INTEGER PRIMARY KEY, words TEXT NOT NULL, scope TEXT NOT NULL, text TEXT NOT NULL) STRICT;

DROP TRIGGER messages_inserted;
DROP TRIGGER messages_deleted;
DROP TRIGGER messages_edited;
DROP TRIGGER messages_edited_to;
DROP VIEW messages_searched;
CREATE VIEW messages_searched AS
  SELECT pk, ${WORDS('m')} AS words, ${scopeOf('m')} AS scope, text FROM messages m
    WHERE kind = 'text' AND ${IN_RANGE('m')} AND NOT ${isChanged('m')}
  UNION ALL SELECT pk, words, scope, text FROM search_changes;

-- The newest of all was deleted, and its number is given again: the new message is not in the index.
CREATE TRIGGER messages_inserted AFTER INSERT ON messages WHEN ${IN_RANGE('new')} BEGIN
  UPDATE search_progress SET up_to = new.pk;
END;
CREATE TRIGGER messages_deleted AFTER DELETE ON messages WHEN old.kind = 'text' AND ${IN_RANGE('old')} BEGIN ${NOTE}
END;
CREATE TRIGGER messages_edited AFTER UPDATE OF kind, text ON messages WHEN old.kind = 'text' AND ${IN_RANGE('old')} BEGIN ${NOTE}
END;
`
