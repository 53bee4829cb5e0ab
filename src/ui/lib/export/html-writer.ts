import { authorOf, isoTime, lineName, plainName, plainText, type CreateChatWriter } from './chat-writer.ts'
import { EXPORT_STYLE } from './html-style.ts'

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
/** Text as it stands in markup and in quoted attributes. */
const escaped = (text: string): string =>
  plainText(text).replace(/[&<>"']/gu, (character) => ENTITIES[character] ?? '')

/** Nothing but the style that stands in the file: whatever a message holds, no script runs and nothing is fetched. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

/** One file that looks like the chat, in light and dark, and needs nothing else. */
export const createHtmlWriter: CreateChatWriter = (chat, words) => {
  let day = ''
  const time = (at: number, text: string): string => `<time datetime="${isoTime(at)}">${escaped(text)}</time>`
  return {
    head: () => {
      const title = escaped(words.title(plainName(chat.contact.name)))
      return `<!doctype html>
<html lang="${escaped(words.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${EXPORT_STYLE}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${words
  .about(chat)
  .map((line) => `<p>${escaped(line)}</p>\n`)
  .join('')}`
    },
    message: (message) => {
      const { name } = authorOf(chat, message)
      const line = words.line(message, lineName(chat, message))
      const unsent = words.unsent(message)
      const today = words.day(message.at)
      const heading =
        today === day ? '' : `${day === '' ? '' : '</ol>\n'}<h2>${time(message.at, today)}</h2>\n<ol>\n`
      day = today
      const marks = [
        time(message.at, words.time(message.at)),
        ...(message.editedAt === undefined || line !== null
          ? []
          : [`<span>${escaped(words.edited(words.moment(message.editedAt)))}</span>`]),
        ...(unsent === null ? [] : [`<strong>${escaped(unsent)}</strong>`]),
      ]
      const said =
        line === null
          ? `<p class="who"><bdi>${escaped(name)}</bdi></p><p class="text" dir="auto">${escaped(message.text)}</p>`
          : `<p class="line">${escaped(line)}</p>`
      const kind = line !== null && message.kind === 'notice' ? 'notice' : message.own ? 'own' : 'other'
      return `${heading}<li class="${kind}">${said}<p class="marks">${marks.join(' ')}</p></li>\n`
    },
    tail: () => `${day === '' ? '' : '</ol>\n'}</main>\n</body>\n</html>\n`,
  }
}
