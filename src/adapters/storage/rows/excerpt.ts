/** Marks around a match (highlight() puts them there); the UI turns them into emphasis. */
export const MARK = { from: '\u0002', to: '\u0003' } as const

/** Characters kept before the first match, and of the whole. */
const LEAD = 40
const LENGTH = 240

/**
 * The part of a marked text around its first match, at most about 240 characters with an ellipsis where it was cut. A marked pair is
 * never left open and no character is cut in two.
 */
export const excerptOf = (marked: string): string => {
  if (marked.length <= LENGTH) return marked
  const match = Math.max(0, marked.indexOf(MARK.from))
  const start = whole(marked, Math.max(0, match - LEAD))
  const end = whole(marked, Math.min(marked.length, start + LENGTH))
  const part = marked.slice(start, end)
  const isOpen = part.lastIndexOf(MARK.from) > part.lastIndexOf(MARK.to)
  return `${start > 0 ? '…' : ''}${part}${isOpen ? MARK.to : ''}${end < marked.length ? '…' : ''}`
}

/** Steps back from the middle of a surrogate pair. */
const whole = (text: string, at: number): number => {
  const unit = text.charCodeAt(at)
  return at > 0 && unit >= 0xdc00 && unit <= 0xdfff ? at - 1 : at
}
