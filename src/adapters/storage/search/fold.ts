import { hasIdeographs } from './spaced.ts'

const MARKS = /\p{M}+/gu
/** Folding moves nothing in these, and they are most. */
const PLAIN = /^\p{ASCII}*$/u

/** A text without case and accents, for comparing. */
export const foldOf = (text: string): string => {
  if (PLAIN.test(text)) return text.toLowerCase()
  return hasIdeographs(text) ? folding(text).folded : text.normalize('NFD').replace(MARKS, '').toLowerCase()
}

/** The same, with the place in the original of each of its units (and of its end). */
export const folding = (text: string): { readonly folded: string; readonly places: readonly number[] } => {
  if (PLAIN.test(text))
    return { folded: text.toLowerCase(), places: Array.from({ length: text.length + 1 }, (_, at) => at) }
  let folded = ''
  const places: number[] = []
  let at = 0
  for (const character of text) {
    const part = hasIdeographs(character)
      ? character
      : character.normalize('NFD').replace(MARKS, '').toLowerCase()
    for (let unit = 0; unit < part.length; unit++) places.push(at)
    folded += part
    at += character.length
  }
  places.push(at)
  return { folded, places }
}
