/** MePassaClient: the one API of the core, for the app's own screens, for bots in Node and for embedders. */
import type {
  CommandName,
  Commands,
  EventName,
  Events,
  LiveName,
  LiveQueries,
  Me,
  MessageWindow,
  Outcome,
} from '../core/api.ts'
import type { Contact } from '../core/domain/contact.ts'
import type { Conversation } from '../core/domain/conversation.ts'
import type { Message } from '../core/domain/message.ts'
import type { AccountId, ConversationId, MessageId } from '../protocol/ids.ts'

export type * from '../core/api.ts'

export interface MePassaClient {
  /** Runs a command. */
  call<N extends CommandName>(name: N, argument: Commands[N][0]): Promise<Outcome<Commands[N][1]>>
  /** Calls back now and after each change; the function it returns ends it. */
  live<N extends LiveName>(
    name: N,
    argument: LiveQueries[N][0],
    onValue: (value: LiveQueries[N][1]) => void
  ): () => void
  on<N extends EventName>(name: N, listener: (event: Events[N]) => void): () => void
  /** A message id for `sendMessage`. */
  newMessageId(): MessageId
  close(): Promise<void>
}

/**
 * The same with a method for each thing that bots and screens do most. Nothing throws: what can go wrong is in the answer, and
 * `error.kind` (`network`, `crypto`, `storage`, `input`) says what to do about it.
 */
export interface Commanding extends MePassaClient {
  /** The account of this client; null when there is none yet. */
  me(): Promise<Outcome<Me | null>>
  /** Makes the account; with one of that name there already, answers with it. */
  createAccount(name: string): Promise<Outcome<Me>>
  /** A link to give away; the same one until it is about to expire. */
  inviteLink(): Promise<Outcome<{ readonly link: string; readonly expiresAt: number }>>
  /** Adds whoever gave the link away and says hello; they answer when they like. */
  addContact(link: string): Promise<Outcome<Contact>>
  acceptRequest(account: AccountId): Promise<Outcome<Contact>>
  /** Resolves when the message is committed here; it is delivered whenever the other side can be reached. */
  sendMessage(conversation: ConversationId, text: string): Promise<Outcome<Message>>
  /** Everything up to and including this message was read. */
  markRead(conversation: ConversationId, upTo: MessageId): Promise<Outcome<null>>
  /** The newest `limit` messages, now and after each change, oldest first. */
  messages(conversation: ConversationId, limit: number, onValue: (window: MessageWindow) => void): () => void
  /** All conversations, now and after each change, the most recently active first. */
  conversations(onValue: (list: readonly Conversation[]) => void): () => void
  /** Everybody there is a conversation with. */
  contacts(): Promise<Outcome<readonly Contact[]>>
}
