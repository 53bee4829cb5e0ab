import { authorOf, isoTime, type CreateChatWriter } from './chat-writer.ts'

/** The version of what the file holds. */
const VERSION = 1

/** For other programs: one object, its messages one a line, every time in ISO 8601 with its offset. */
export const createJsonWriter: CreateChatWriter = (chat) => {
  const { me, contact, at, zone } = chat
  let before = '\n'
  return {
    head: () => {
      const head = JSON.stringify(
        { format: 'mepassa-chat', version: VERSION, exportedAt: isoTime(at), timeZone: zone, me, contact },
        null,
        2
      )
      return `${head.slice(0, -2)},\n  "messages": [`
    },
    message: (message) => {
      const { id, kind, text, state, failReason, editedAt } = message
      const { account, name } = authorOf(chat, message)
      const item = JSON.stringify({
        id,
        at: isoTime(message.at),
        author: account,
        name,
        kind,
        ...(kind === 'notice' ? { notice: text } : kind === 'text' ? { text } : {}),
        ...(editedAt === undefined ? {} : { editedAt: isoTime(editedAt) }),
        state,
        ...(failReason === null ? {} : { failReason }),
      })
      const line = `${before}    ${item}`
      before = ',\n'
      return line
    },
    tail: (count) => `\n  ],\n  "count": ${count}\n}\n`,
  }
}
