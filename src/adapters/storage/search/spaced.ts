/** Characters of scripts that are written without spaces, or whose words are searched by any of their syllables. */
export const IDEOGRAPH = '[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}ー々〆]'

const ANY = new RegExp(IDEOGRAPH, 'v')
const EACH = new RegExp(`\\s*(${IDEOGRAPH})\\s*`, 'gv')

/** Whether a text has Chinese, Japanese or Korean in it. */
export const hasIdeographs = (text: string): boolean => ANY.test(text)

/** The text with each Chinese, Japanese or Korean character as a word of its own; null when it has none. */
export const spacedOf = (text: string): string | null =>
  hasIdeographs(text) ? text.normalize('NFC').replace(EACH, ' $1 ').trim() : null
