/** Number of avatar colours in Avatar.svelte. */
const HUES = 8

/** A colour number from an id: the same person has the same colour everywhere. */
export const hueOf = (id: string): number => {
  let sum = 0
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) >>> 0
  return sum % HUES
}

/** Up to two initials of a name, whole graphemes so that emoji and accents stay in one piece. */
export const initialsOf = (name: string): string => {
  const words = name.trim().split(/\s+/u).filter(Boolean)
  const chosen = words.length > 1 ? [words[0], words.at(-1)] : words
  const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
  return chosen
    .map((word) => [...segmenter.segment(word ?? '')][0]?.segment ?? '')
    .join('')
    .toLocaleUpperCase()
}
