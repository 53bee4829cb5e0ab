/**
 * Each message knows whether it was read, so that one that arrives late is neither forgotten nor counted twice; a contact's profile has the
 * clock of the content that brought it, and who is blocked keeps the state from before.
 */
export const unreadAndProfiles = `
ALTER TABLE contacts ADD COLUMN profile_physical INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contacts ADD COLUMN profile_logical INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contacts ADD COLUMN blocked_from TEXT;
UPDATE contacts SET blocked_from = CASE WHEN profile_key IS NULL THEN 'request' ELSE 'accepted' END WHERE state = 'blocked';

ALTER TABLE messages ADD COLUMN unread INTEGER NOT NULL DEFAULT 0;
UPDATE messages SET unread = 1 WHERE own = 0 AND kind <> 'notice' AND NOT EXISTS (
  SELECT 1 FROM conversations c WHERE c.id = messages.conversation AND c.read_physical IS NOT NULL
    AND (messages.clock_physical, messages.clock_logical, messages.author, messages.id)
      <= (c.read_physical, c.read_logical, c.read_author, c.read_up_to)
);
CREATE INDEX messages_unread ON messages (conversation, clock_physical, clock_logical, author, id) WHERE unread = 1;

DROP TRIGGER conversations_read;
ALTER TABLE conversations DROP COLUMN read_up_to;
ALTER TABLE conversations DROP COLUMN read_physical;
ALTER TABLE conversations DROP COLUMN read_logical;
ALTER TABLE conversations DROP COLUMN read_author;
UPDATE conversations SET unread = (SELECT count(*) FROM messages m WHERE m.conversation = conversations.id AND m.unread = 1);
CREATE TRIGGER messages_unread_added AFTER INSERT ON messages WHEN new.unread = 1 BEGIN
  UPDATE conversations SET unread = unread + 1 WHERE id = new.conversation;
END;
CREATE TRIGGER messages_unread_removed AFTER DELETE ON messages WHEN old.unread = 1 BEGIN
  UPDATE conversations SET unread = unread - 1 WHERE id = old.conversation;
END;
CREATE TRIGGER messages_read AFTER UPDATE OF unread ON messages WHEN old.unread <> new.unread BEGIN
  UPDATE conversations SET unread = unread + new.unread - old.unread WHERE id = new.conversation;
END;
`
