/** MePassaClient: the one API of the core, for the app's own screens, for bots in Node and for embedders. */
import type {
  CommandName,
  Commands,
  EventName,
  Events,
  LiveName,
  LiveQueries,
  MessageWindow,
  Outcome,
} from '../core/api.ts'
import type { Contact } from '../core/domain/contact.ts'
import type { Conversation } from '../core/domain/conversation.ts'
import type { Message } from '../core/domain/message.ts'
import type { ConversationId, MessageId } from '../protocol/ids.ts'

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

/** The same with a method for each thing one does, as bots and screens like it. */
export interface Commanding extends MePassaClient {
  sendMessage(conversation: ConversationId, text: string): Promise<Outcome<Message>>
  messages(conversation: ConversationId, limit: number, onValue: (window: MessageWindow) => void): () => void
  conversations(onValue: (list: readonly Conversation[]) => void): () => void
  contacts(): Promise<readonly Contact[]>
}
