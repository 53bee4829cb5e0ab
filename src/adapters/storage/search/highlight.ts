import { excerptOf, MARK } from '../rows/excerpt.ts'
import { hasIdeographs, IDEOGRAPH } from '../../../lib/fold.ts'
import { placesOf } from './places.ts'
import { separated } from './search-form.ts'
import type { Term } from './terms.ts'

const LETTER = `[[\\p{L}\\p{N}]--${IDEOGRAPH}]`
const WORDS = /[\p{L}\p{N}]+/gu
const MARKS = new RegExp(`[${MARK.from}${MARK.to}]`, 'g')
const MOST_MARKS = 50

type Range = readonly [from: number, to: number]

/** A term as it is looked for in folded texts. */
interface Pattern {
  /** Finds it where words begin; undefined when it has no letter. */
  readonly word: RegExp | undefined
  readonly part: string
}

/** As the index has words: a Chinese, Japanese or Korean character ends with itself, whatever follows. */
const endOf = (last: string, open: boolean): string => {
  if (hasIdeographs(last)) return ''
  return open ? `${LETTER}*` : `(?!${LETTER})`
}

const patternOf = ({ text: part, open }: Term): Pattern => {
  const words = separated(part).match(WORDS)
  if (!words) return { word: undefined, part }
  const end = endOf(words.at(-1) ?? '', open)
  // Letters and digits alone are left in the words: none is an operator of the expression.
  const word = new RegExp(`(?<!${LETTER})${words.join('[^\\p{L}\\p{N}]*')}${end}`, 'gv')
  return { word, part }
}

const rangesOf = (folded: string, { word, part }: Pattern): readonly Range[] => {
  const found = word
    ? [...folded.matchAll(word)].map(({ index, 0: all }): Range => [index, index + all.length])
    : []
  if (found.length > 0) return found.slice(0, MOST_MARKS)
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

/** Looks for the same terms in many texts. */
export interface Matcher {
  /** Whether a folded text holds all terms at the beginning of words: such a message was found as words already. */
  matchesWords(folded: string): boolean
  /** Whether a folded text holds all terms anywhere. */
  matchesParts(folded: string): boolean
  /** The part of a message around its first match, with every match between U+0002 and U+0003. */
  highlighted(text: string): string
}

/** Makes a matcher. */
export const createMatcher = (terms: readonly Term[]): Matcher => {
  const patterns = terms.map(patternOf)
  return {
    matchesWords: (folded) => patterns.every(({ word }) => word !== undefined && folded.search(word) >= 0),
    matchesParts: (folded) => patterns.every(({ part }) => folded.includes(part)),
    highlighted: (text) => {
      // Such characters in a message would pass for marks of ours.
      const plain = text.replace(MARKS, ' ')
      const places = placesOf(plain)
      let out = ''
      let at = 0
      for (const [from, to] of merged(patterns.flatMap((pattern) => rangesOf(places.folded, pattern)))) {
        // A piece of which a part matches is marked whole, and once.
        const [start = 0, end = 0] = [places.from[from], places.to[to - 1]]
        if (start < at) continue
        out += plain.slice(at, start) + MARK.from + plain.slice(start, end) + MARK.to
        at = end
      }
      return excerptOf(out + plain.slice(at))
    },
  }
}
