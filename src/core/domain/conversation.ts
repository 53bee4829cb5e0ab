import type { ConversationId } from '../../protocol/ids.ts'
import type { Contact } from './contact.ts'
import type { Message } from './message.ts'

/** One row of the chat list. */
export interface Conversation {
  readonly id: ConversationId
  readonly contact: Contact
  readonly last: Message | null
  readonly unread: number
  readonly draft: string
  /** Position in the list, newest first: ms since 1970 of the last change a person would notice. */
  readonly activeAt: number
}

/** How messages to this contact travel just now. */
export type Path = 'direct' | 'relay' | 'waiting'

/** Why the path is what it is; the words are in the catalogue. */
export type PathReason =
  | 'connected'
  | 'connecting'
  | 'contact-away'
  | 'direct-failed'
  | 'relay-down'
  | 'offline'
  | 'not-accepted'
  | 'needs-review'
  | 'mailbox-only'

/** What the conversation header and its panel show. */
export interface PathInfo {
  readonly path: Path
  readonly reason: PathReason
  /** ms since 1970 */
  readonly since: number
  /** Round trip of the direct connection, ms, where it was measured. */
  readonly roundTrip: number | null
}
