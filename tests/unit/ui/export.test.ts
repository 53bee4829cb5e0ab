/** Chats as files: nothing that a message or a name holds can become markup, another message or another field. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { MessagePlace } from '../../../src/client/contract.ts'
import type { Message } from '../../../src/core/domain/message.ts'
import { ok } from '../../../src/lib/result.ts'
import {
  isoTime,
  plainName,
  type ChatWriter,
  type ExportedChat,
  type ExportWords,
} from '../../../src/ui/lib/export/chat-writer.ts'
import { exportChat } from '../../../src/ui/lib/export/export-chat.ts'
import { createHtmlWriter } from '../../../src/ui/lib/export/html-writer.ts'
import { createJsonWriter } from '../../../src/ui/lib/export/json-writer.ts'
import { createTextWriter } from '../../../src/ui/lib/export/text-writer.ts'
import { fileNameOf } from '../../../src/ui/lib/save-file.ts'
import { ANA, message, OWN, WITH_ANA } from '../../contract/storage/samples.ts'
import { RUNS } from '../../support/bytes.ts'

const MINUTE = 60_000
const AT = Date.UTC(2026, 2, 9, 17, 5, 10)
const chat = (name = 'Ana'): ExportedChat => ({
  me: { account: OWN, name: 'Luís' },
  contact: { account: ANA, name },
  at: AT,
  zone: 'America/Sao_Paulo',
})
const words: ExportWords = {
  language: 'en',
  title: (name) => `Chat with ${name}`,
  about: ({ zone }) => [`Times in ${zone}`, 'Not encrypted'],
  line: ({ kind, text }, name) =>
    kind === 'text' ? null : `${name} ${kind} ${kind === 'notice' ? text : ''}`.trim(),
  edited: (time) => `edited ${time}`,
  unsent: ({ state }) => (state === 'failed' ? 'not sent' : null),
  day: (at) => new Date(at).toDateString(),
  time: (at) => String(at),
  moment: (at) => String(at),
}
const TALK: readonly Message[] = [
  message(1, { kind: 'notice', text: 'contact-added', at: AT }),
  message(2, { text: 'Olá 👋🏽\nsecond line', at: AT + MINUTE }),
  message(3, {
    text: 'better words',
    author: OWN,
    own: true,
    state: 'read',
    at: AT + 2 * MINUTE,
    editedAt: AT + 3 * MINUTE,
  }),
  message(4, { kind: 'deleted', text: '', at: AT + 4 * MINUTE }),
  message(5, { kind: 'gap', text: '', at: AT + 5 * MINUTE }),
  message(6, {
    text: 'lost',
    author: OWN,
    own: true,
    state: 'failed',
    failReason: 'expired',
    at: AT + 6 * MINUTE,
  }),
]
const write = (
  create: (chat: ExportedChat, words: ExportWords) => ChatWriter,
  talk = TALK,
  name?: string
): string => {
  const writer = create(chat(name), words)
  return writer.head() + talk.map(writer.message).join('') + writer.tail(talk.length)
}
const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({
    unit: fc.constantFrom(
      '<',
      '>',
      '&',
      '"',
      "'",
      '\n',
      '\r',
      '\u2028',
      '\0',
      '\u202e',
      '\u2069',
      '-',
      '!',
      'a',
      '\ud800'
    ),
    maxLength: 40,
  }),
  fc.constantFrom(
    '<script>alert(1)</script>',
    '</p></li></ol></main><img src=x onerror=alert(1)>',
    '</style><script>',
    '</title><svg onload=alert(1)>',
    '-->',
    '&lt;b&gt;',
    '\n[2026-03-09 14:05:10-03:00] Ana: forged',
    '"}]}'
  )
)

test('times are those of the machine, with their offset, and mean the same moment', () => {
  for (const at of [AT, AT + 120 * 86_400_000]) {
    expect(isoTime(at)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/)
    expect(new Date(isoTime(at)).getTime()).toBe(at)
  }
})

describe('JSON', () => {
  test('holds who, when, the newest words, what was deleted and what was not sent', () => {
    const file = JSON.parse(write(createJsonWriter)) as { messages: Record<string, unknown>[] }
    expect(file).toMatchObject({
      format: 'mepassa-chat',
      version: 1,
      exportedAt: isoTime(AT),
      timeZone: 'America/Sao_Paulo',
      me: { account: OWN, name: 'Luís' },
      contact: { account: ANA, name: 'Ana' },
      count: 6,
    })
    expect(file.messages).toHaveLength(6)
    expect(file.messages[0]).toMatchObject({ kind: 'notice', notice: 'contact-added' })
    expect(file.messages[1]).toMatchObject({ author: ANA, name: 'Ana', text: 'Olá 👋🏽\nsecond line' })
    expect(file.messages[2]).toMatchObject({
      author: OWN,
      text: 'better words',
      editedAt: isoTime(AT + 3 * MINUTE),
    })
    expect(file.messages[3]).not.toHaveProperty('text')
    expect(file.messages[5]).toMatchObject({ state: 'failed', failReason: 'expired' })
  })

  test('is whole with no messages, and gives back any text as it was', () => {
    expect(JSON.parse(write(createJsonWriter, []))).toMatchObject({ messages: [], count: 0 })
    fc.assert(
      fc.property(nasty, nasty, (text, name) => {
        const file = JSON.parse(write(createJsonWriter, [message(1, { text })], name)) as {
          messages: { text: string; name: string }[]
        }
        expect(file.messages.map((one) => [one.text, one.name])).toEqual([[text, name]])
      }),
      RUNS
    )
  })
})

describe('text', () => {
  const entries = (file: string): string[] => file.split('\n').filter((line) => /^\[\d/u.test(line))

  test('has a line a message, with its time, and marks what was edited, deleted or not sent', () => {
    const lines = write(createTextWriter).split('\n')
    const time = (minutes: number): string => isoTime(AT + minutes * MINUTE).replace('T', ' ')
    expect(lines).toEqual([
      `Chat with ${plainName('Ana')}`,
      'Times in America/Sao_Paulo',
      'Not encrypted',
      '',
      `[${time(0)}] * ${plainName('Ana')} notice contact-added`,
      `[${time(1)}] ${plainName('Ana')}: Olá 👋🏽`,
      '    second line',
      `[${time(2)}, edited ${time(3)}] ${plainName('Luís')}: better words`,
      `[${time(4)}] * ${plainName('Ana')} deleted`,
      `[${time(5)}] * ${plainName('Ana')} gap`,
      `[${time(6)}, not sent] ${plainName('Luís')}: lost`,
      '',
    ])
  })

  test('nobody can write a line that looks like another message, or turn it around', () => {
    fc.assert(
      fc.property(nasty, nasty, (text, name) => {
        const file = write(createTextWriter, [message(1, { text }), message(2)], name)
        expect(entries(file)).toHaveLength(2)
        expect(file).not.toMatch(/[\r\v\f\u0085\u2028\u2029\0]/u)
        expect(file.isWellFormed()).toBe(true)
        expect(plainName(name).slice(1, -1)).not.toMatch(/[\u202a-\u202e\u2066-\u2069\n]/u)
      }),
      RUNS
    )
  })
})

describe('HTML', () => {
  /** Every tag of the file, as they stand. */
  const tags = (file: string): string[] => file.match(/<[^>]*>/gu) ?? []

  test('needs nothing but itself and runs nothing', () => {
    const file = write(createHtmlWriter)
    expect(file).toMatch(
      /^<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="default-src 'none'/
    )
    expect(file).not.toMatch(/<(script|img|link|iframe|object|base)\b|https?:|url\(|@import/iu)
    expect(file).toContain('(prefers-color-scheme:dark)')
    expect(file).toContain(`<time datetime="${isoTime(AT + MINUTE)}">`)
    expect(file).toContain('<p class="text" dir="auto">Olá 👋🏽\nsecond line</p>')
    expect(file).toContain(`edited ${AT + 3 * MINUTE}`)
    expect(file).toContain('<strong>not sent</strong>')
    expect(file.match(/<li /gu)).toHaveLength(6)
    expect(file.endsWith('</ol>\n</main>\n</body>\n</html>\n')).toBe(true)
  })

  test('whatever a name or a text holds, the markup is the same', () => {
    const expected = tags(write(createHtmlWriter, [message(1, { text: 'a' })], 'b'))
    fc.assert(
      fc.property(nasty, nasty, (text, name) => {
        const file = write(createHtmlWriter, [message(1, { text })], name)
        expect(tags(file)).toEqual(expected)
        expect(file).not.toContain('\0')
        expect(file.isWellFormed()).toBe(true)
      }),
      RUNS
    )
  })

  test('a day begins with its heading, and there may be no message at all', () => {
    const days = [0, 1, 1, 3].map((day, n) => message(n, { at: AT + day * 86_400_000 }))
    const file = write(createHtmlWriter, days)
    expect(file.match(/<h2>/gu)).toHaveLength(3)
    expect(file.match(/<ol>/gu)).toHaveLength(file.match(/<\/ol>/gu)?.length ?? 0)
    expect(write(createHtmlWriter, [])).not.toContain('ol>')
  })
})

describe('a long chat', () => {
  const all = Array.from({ length: 1_234 }, (_, n) => message(n))
  /** Pages as the core gives them. */
  const client = (asked: number[], fails = false) => ({
    call: async (_name: string, argument: unknown) => {
      const { after, limit } = argument as { after: MessagePlace | null; limit: number }
      asked.push(limit)
      if (fails && after) return { ok: false, error: { kind: 'storage', reason: 'unavailable' } } as never
      const from = after ? all.findIndex(({ id }) => id === after.id) + 1 : 0
      const messages = all.slice(from, from + limit)
      const last = messages.at(-1)
      return ok({ messages, next: last && messages.length === limit ? last : null }) as never
    },
  })
  const run = async (stopAt = Infinity, fails = false) => {
    const asked: number[] = []
    const written: string[] = []
    const outcome = await exportChat({
      client: client(asked, fails),
      conversation: WITH_ANA,
      writer: createJsonWriter(chat(), words),
      write: async (text) => void written.push(text),
      onCount: (count) => count < stopAt,
    })
    return { asked, written, outcome }
  }

  test('is written page by page, whole and in order', async () => {
    const { asked, written, outcome } = await run()
    expect(outcome).toEqual(ok(1_234))
    expect(asked).toEqual([500, 500, 500])
    expect(written).toHaveLength(5)
    const file = JSON.parse(written.join('')) as { messages: { id: string }[]; count: number }
    expect(file.messages.map(({ id }) => id)).toEqual(all.map(({ id }) => id))
  })

  test('stops when it is told to, and says why when it cannot go on', async () => {
    expect((await run(600)).outcome).toEqual(ok(null))
    expect((await run(600)).asked).toHaveLength(2)
    expect((await run(Infinity, true)).outcome).toEqual({
      ok: false,
      error: { kind: 'storage', reason: 'unavailable' },
    })
  })
})

test('a file name holds nothing that a system forbids', () => {
  expect(fileNameOf('MePassa Ana 2026-03-09', '.txt')).toBe('MePassa Ana 2026-03-09.txt')
  expect(fileNameOf('..\\a/b:c*?"<>|\u202e\0 ', '.html')).toBe('a b c.html')
  fc.assert(
    fc.property(nasty, (text) => {
      const name = fileNameOf(`MePassa ${text}`, '.html')
      expect(name).not.toMatch(/[/\\:*?"<>|\p{Cc}\u202e]|^\./u)
      expect(name.length).toBeLessThanOrEqual(85)
    }),
    RUNS
  )
})
