import { tokenize } from 'linkifyjs'

/** Part of a text; with `href` it is a link. */
export interface Piece {
  readonly text: string
  readonly href?: string
}

/** Addresses a message may lead to. Everything else stays plain text. */
const ALLOWED = /^(?:https?|mailto):/i
/** Longer texts are shown as they are: searching them for links would be felt. */
const LONGEST = 20_000

/** Splits a text into plain parts and links to the web or to mail addresses. */
export const piecesOf = (text: string): readonly Piece[] => {
  if (text.length > LONGEST) return [{ text }]
  const pieces: Piece[] = []
  let plain = ''
  for (const token of tokenize(text)) {
    const value = token.toString()
    const href = token.isLink ? token.toHref('https') : ''
    if (!ALLOWED.test(href)) {
      plain += value
      continue
    }
    if (plain) pieces.push({ text: plain })
    plain = ''
    pieces.push({ text: value, href })
  }
  return plain ? [...pieces, { text: plain }] : pieces
}

/** Whether a text is one to three emoji and nothing else: those are shown large. */
export const isOnlyEmoji = (text: string): boolean => /^(?:\p{RGI_Emoji}\s*){1,3}$/v.test(text.trim())
