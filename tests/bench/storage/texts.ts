/** What is in the measured databases: the same texts for every engine, words as frequent as in a language. */
import { conversationWith, type ConversationId } from '../../../src/protocol/ids.ts'
import { accountId } from '../../contract/storage/samples.ts'

const SYLLABLES =
  'ba ce di fo gu ha ji ka le mi no pe ra so tu va xi za bri cho dra fle gran plo sto tre'.split(' ')
const VOCABULARY = 60_000
/** One conversation holds a tenth of all messages. */
const SHARE_OF_FIRST = 10
const PER_CONVERSATION = 100

/** The word of a rank: the lower, the more frequent. No two are alike. */
const wordOf = (rank: number): string => {
  const syllables = []
  for (let n = rank + SYLLABLES.length; n > 0; n = Math.floor(n / SYLLABLES.length))
    syllables.push(SYLLABLES[n % SYLLABLES.length])
  return syllables.join('')
}

/** What is searched: each is in more messages than are shown, at every size. */
export const SEARCHED = {
  word: wordOf(20),
  prefix: wordOf(900).slice(0, 3),
  part: wordOf(2_000).slice(1, 6),
} as const

/** A number in [0, 1) that depends on `n` alone. */
const hash = (n: number): number => {
  let value = Math.imul(n ^ 0x9e3779b9, 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return ((value ^ (value >>> 16)) >>> 0) / 2 ** 32
}

/** About 70 letters; the frequency of a word falls with its rank. */
export const textOf = (n: number): string =>
  Array.from({ length: 4 + Math.floor(hash(n) * 14) }, (_, at) =>
    wordOf(Math.floor(VOCABULARY ** hash(n * 31 + at)) - 1)
  ).join(' ')

/** How many conversations there are. */
export const conversationsOf = (size: number): number => Math.max(2, size / PER_CONVERSATION)

/** Conversation of a message; the first, called `FIRST`, is the largest. */
export const conversationOf = (n: number, size: number): ConversationId =>
  conversationWith(accountId(2 + (n % SHARE_OF_FIRST === 0 ? 0 : 1 + (n % (conversationsOf(size) - 1)))))

export const FIRST = conversationWith(accountId(2))
