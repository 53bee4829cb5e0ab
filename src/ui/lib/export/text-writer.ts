import { authorOf, isoTime, lineName, plainName, plainText, type CreateChatWriter } from './chat-writer.ts'

/** For reading and printing: a message begins with its time in brackets; further lines of it are indented, so that none can pass for another message. */
export const createTextWriter: CreateChatWriter = (chat, words) => {
  const timeOf = (at: number): string => isoTime(at).replace('T', ' ')
  return {
    head: () =>
      `${[words.title(plainName(chat.contact.name)), ...words.about(chat)].map((line) => `${line}\n`).join('')}\n`,
    message: (message) => {
      const name = plainName(authorOf(chat, message).name)
      const line = words.line(message, lineName(chat, message))
      const unsent = words.unsent(message)
      const marks = [
        timeOf(message.at),
        ...(message.editedAt === undefined || line !== null ? [] : [words.edited(timeOf(message.editedAt))]),
        ...(unsent === null ? [] : [unsent]),
      ]
      const said =
        line === null ? `${name}: ${plainText(message.text).replaceAll('\n', '\n    ')}` : `* ${line}`
      return `[${marks.join(', ')}] ${said}\n`
    },
    tail: () => '',
  }
}
