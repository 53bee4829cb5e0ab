import { foldOf, IDEOGRAPH } from '../../../lib/fold.ts'
import { separated } from './search-form.ts'

/** One thing to be found, folded. `open`: its last word may go on, as one that is still being typed; not so in a phrase between quotation marks. */
export interface Term {
  readonly text: string
  readonly open: boolean
}

const MOST_TERMS = 16
const MOST_TRIGRAMS = 24
const QUOTED = /["“”„«»]([^"“”„«»]*)["“”„«»]|[^\s"“”„«»]+/gu
const READABLE = /[\p{L}\p{N}]/u
/** A single letter is looked for as a word: as a beginning it would be everywhere. */
const MAY_GO_ON = new RegExp(`(?:(?!${IDEOGRAPH})[\\p{L}\\p{N}\\p{M}]){2}$`, 'v')

/** What a person typed as terms. Quotation marks in pairs make a phrase; nothing else has a meaning of its own. */
export const termsOf = (query: string): readonly Term[] =>
  [...foldOf(query).replaceAll('\0', ' ').matchAll(QUOTED)]
    .map(([all, phrase]) => ({
      text: (phrase ?? all).trim(),
      open: phrase === undefined && MAY_GO_ON.test(all),
    }))
    .filter(({ text }) => READABLE.test(text))
    .slice(0, MOST_TERMS)

/** As a string of FTS5, in which no character is an operator. */
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`

const wordTerm = ({ text, open }: Term): string => `${quoted(separated(text))}${open ? '*' : ''}`

/** FTS5 expression for all terms as words, within all of the scopes (each a list of alternatives). */
export const wordsMatch = (terms: readonly Term[], scopes: readonly (readonly string[])[]): string =>
  [
    `{words} : (${terms.map(wordTerm).join(' AND ')})`,
    ...scopes.map((names) => `{scope} : (${names.map(quoted).join(' OR ')})`),
  ].join(' AND ')

const trigramsOf = (text: string): readonly string[] => {
  const characters = [...text]
  return characters.slice(2, MOST_TRIGRAMS + 2).map((_, at) => characters.slice(at, at + 3).join(''))
}

/** FTS5 expression for messages that may hold all terms somewhere; empty when none is long enough to tell. */
export const partsMatch = (terms: readonly Term[]): string =>
  [...new Set(terms.flatMap(({ text }) => trigramsOf(text)))].map(quoted).join(' AND ')
