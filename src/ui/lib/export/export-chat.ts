import type { Commands, MePassaClient, MessagePlace, Outcome } from '../../../client/contract.ts'
import type { ConversationId } from '../../../protocol/ids.ts'
import { ok } from '../../../lib/result.ts'
import type { ChatWriter } from './chat-writer.ts'

type MessagePage = Commands['messagePage'][1]

/** Messages that are asked for at a time: what is in memory at once, however long the chat. */
const PAGE = 500

export interface ChatExport {
  readonly client: Pick<MePassaClient, 'call'>
  readonly conversation: ConversationId
  readonly writer: ChatWriter
  /** Takes the file, piece by piece. What it throws comes through. */
  readonly write: (text: string) => Promise<void>
  /** Hears how many messages have been written, and answers whether to go on. */
  readonly onCount: (count: number) => boolean
}

/** Writes a conversation from its first message to its last; how many there were, or null when it was not to go on. */
export const exportChat = async ({
  client,
  conversation,
  writer,
  write,
  onCount,
}: ChatExport): Promise<Outcome<number | null>> => {
  let count = 0
  await write(writer.head())
  let after: MessagePlace | null = null
  do {
    const page: Outcome<MessagePage> = await client.call('messagePage', { conversation, after, limit: PAGE })
    if (!page.ok) return page
    const { messages } = page.value
    if (messages.length > 0) await write(messages.map(writer.message).join(''))
    count += messages.length
    if (!onCount(count)) return ok(null)
    after = page.value.next
  } while (after !== null)
  await write(writer.tail(count))
  return ok(count)
}
