import { excerptOf, MARK } from '../rows/excerpt.ts'
import { folding, foldOf } from './fold.ts'
import { IDEOGRAPH, spacedOf } from './spaced.ts'
import type { Term } from './terms.ts'

const LETTER = `[[\\p{L}\\p{N}]--${IDEOGRAPH}]`
const WORDS = /[\p{L}\p{N}]+/gu
const MARKS = new RegExp(`[${MARK.from}${MARK.to}]`, 'g')
const MOST_MARKS = 50

type Range = readonly [from: number, to: number]

/** Finds a term where words begin. */
const byWord = ({ text, exact }: Term): RegExp | undefined => {
  const words = foldOf(spacedOf(text) ?? text).match(WORDS)
  if (!words) return undefined
  const end = exact ? `(?!${LETTER})` : `${LETTER}*`
  // Letters and digits alone are left in the words: none is an operator of the expression.
  return new RegExp(`(?<!${LETTER})${words.join('[^\\p{L}\\p{N}]*')}${end}`, 'gv')
}

const rangesOf = (folded: string, term: Term): readonly Range[] => {
  const expression = byWord(term)
  const found = expression
    ? [...folded.matchAll(expression)].map(({ index, 0: all }): Range => [index, index + all.length])
    : []
  if (found.length > 0) return found.slice(0, MOST_MARKS)
  const part = foldOf(term.text)
  const ranges: Range[] = []
  for (
    let at = folded.indexOf(part);
    at >= 0 && ranges.length < MOST_MARKS;
    at = folded.indexOf(part, at + part.length)
  )
    ranges.push([at, at + part.length])
  return ranges
}

const merged = (ranges: readonly Range[]): readonly Range[] => {
  const out: Range[] = []
  for (const [from, to] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = out.at(-1)
    if (last && from <= last[1]) out[out.length - 1] = [last[0], Math.max(last[1], to)]
    else out.push([from, to])
  }
  return out
}

/** The part of a message around its first match, with every match between U+0002 and U+0003. */
export const highlighted = (text: string, terms: readonly Term[]): string => {
  // Such characters in a message would pass for marks of ours.
  const plain = text.replace(MARKS, ' ')
  const { folded, places } = folding(plain)
  let out = ''
  let at = 0
  for (const [from, to] of merged(terms.flatMap((term) => rangesOf(folded, term)))) {
    const [start = 0, end = plain.length] = [places[from], places[to]]
    out += plain.slice(at, start) + MARK.from + plain.slice(start, end) + MARK.to
    at = end
  }
  return excerptOf(out + plain.slice(at))
}

/** Whether a text holds all terms at the beginning of words: such a message was found as words already. */
export const matchesWords = (folded: string, terms: readonly Term[]): boolean =>
  terms.every((term) => byWord(term)?.test(folded) ?? false)

/** Whether a text holds all terms anywhere. */
export const matchesParts = (folded: string, terms: readonly Term[]): boolean =>
  terms.every(({ text }) => folded.includes(foldOf(text)))
