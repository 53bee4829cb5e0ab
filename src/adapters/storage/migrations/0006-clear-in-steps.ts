/**
 * All messages of a conversation can go at once: those up to the row \`up_to\` are gone for everyone who asks, and their rows follow in steps.
 * \`merging\`: \`struck\` texts and maybe more are struck out in the search indexes, which have to be written anew without them (1: to begin, 2: begun).
 */
export const clearInSteps = `
CREATE TABLE cleared (
  conversation TEXT PRIMARY KEY REFERENCES conversations (id) ON DELETE CASCADE, up_to INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
ALTER TABLE search_progress ADD COLUMN merging INTEGER NOT NULL DEFAULT 0;
ALTER TABLE search_progress ADD COLUMN struck INTEGER NOT NULL DEFAULT 0;

-- Those that are cleared are not counted any more.
DROP TRIGGER messages_unread_removed;
CREATE TRIGGER messages_unread_removed AFTER DELETE ON messages WHEN old.unread = 1
  AND NOT EXISTS (SELECT 1 FROM cleared c WHERE c.conversation = old.conversation AND c.up_to >= old.pk) BEGIN
  UPDATE conversations SET unread = unread - 1 WHERE id = old.conversation;
END;
`
