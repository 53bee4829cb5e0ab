import type { Message } from '../../../core/domain/message.ts'

/** What an exported chat is a copy of. */
export interface ExportedChat {
  readonly me: { readonly account: string; readonly name: string }
  readonly contact: { readonly account: string; readonly name: string }
  /** When the export began, ms since 1970. */
  readonly at: number
  /** Name of the time zone that times are written in: `America/Sao_Paulo`. */
  readonly zone: string
}

/** The sentences of an export, in the person's language. */
export interface ExportWords {
  readonly language: string
  title(name: string): string
  /** When and in which time zone it was written, and that it is not encrypted. */
  about(chat: ExportedChat): readonly string[]
  /** What stands for a message that has no text: one that was deleted or could not be opened, a line of the app's own. Null: it has one. */
  line(message: Message, name: string): string | null
  edited(time: string): string
  /** Why an own message has not left; null when it has. */
  unsent(message: Message): string | null
  day(at: number): string
  time(at: number): string
  /** Day and time. */
  moment(at: number): string
}

/** Writes a chat, message by message in order: `head`, each `message`, `tail`. One for each file. */
export interface ChatWriter {
  head(): string
  message(message: Message): string
  /** With the number of messages there were. */
  tail(count: number): string
}
export type CreateChatWriter = (chat: ExportedChat, words: ExportWords) => ChatWriter

const pad = (value: number): string => String(value).padStart(2, '0')

/** ISO 8601 in this machine's time zone, with its offset: `2026-03-09T14:05:10-03:00`. */
export const isoTime = (at: number): string => {
  const offset = -new Date(at).getTimezoneOffset()
  const local = new Date(at + offset * 60_000).toISOString().slice(0, 19)
  const size = Math.abs(offset)
  return `${local}${offset < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}:${pad(size % 60)}`
}

/** Unicode's marks for direction, of which an odd one would turn around what follows it (UAX #9). */
const DIRECTION = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu
/** Control characters, which no reader of the file needs. */
const CONTROL = /(?![\n\t])\p{Cc}/gu
const LINE_ENDS = /\r\n|[\v\f\r\u0085\u2028\u2029]/gu

/** A name in one line that has no effect on what stands around it. */
export const plainName = (name: string): string =>
  `\u2068${name
    .replace(DIRECTION, '')
    .replace(/[\p{Cc}\u2028\u2029]/gu, ' ')
    .toWellFormed()}\u2069`

/** A text with line feeds and tabs as its only control characters. */
export const plainText = (text: string): string =>
  text.replace(LINE_ENDS, '\n').replace(CONTROL, '\ufffd').toWellFormed()

/** Who wrote a message. */
export const authorOf = ({ me, contact }: ExportedChat, message: Message): ExportedChat['me'] =>
  message.own ? me : contact

/** The name in the line that stands for a message without a text: a line of the app's own is about the other side. */
export const lineName = (chat: ExportedChat, message: Message): string =>
  plainName(message.kind === 'notice' ? chat.contact.name : authorOf(chat, message).name)
