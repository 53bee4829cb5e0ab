/** Characters of scripts that are written without spaces, or whose words are searched by any of their syllables. */
export const IDEOGRAPH = '[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}ー々〆]'
const ANY_IDEOGRAPH = new RegExp(IDEOGRAPH, 'v')

/** Whether a text has Chinese, Japanese or Korean in it. */
export const hasIdeographs = (text: string): boolean => ANY_IDEOGRAPH.test(text)

/** Texts of which all characters are their own pieces: most. */
export const PLAIN = /^\p{ASCII}*$/u
/** What folds as one: a letter with its marks, a half-width kana with its voicing, a Korean syllable that comes in parts. What is between folds by its case alone. */
export const PIECE =
  /[A-Za-z0-9]\p{M}+|[\u1100-\u115f\ua960-\ua97f]+[\u1160-\u11ff\ud7b0-\ud7ff]*|[[\p{L}\p{N}]--\p{ASCII}][\p{M}\uff9e\uff9f]*/gv
const MARKS = /\p{M}+/gu
/** A few characters stand for whole sentences: what is longer than this written out stays as it is. */
const LONGEST = 4

/** Letters that Unicode does not take apart and people type without: strokes, ligatures, and forms that Arabic letters have by language or place. */
const LETTERS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...{ ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ð: 'd', þ: 'th', ħ: 'h', ł: 'l', ŧ: 't', ı: 'i' },
    ...{ ς: 'σ', ـ: '', ٱ: 'ا', ى: 'ي', ی: 'ي', ک: 'ك', ة: 'ه', ہ: 'ه', ھ: 'ه' },
  })
)

const foldLetter = (letter: string): string => LETTERS.get(letter) ?? letter

/** One piece, folded: none, one or a few characters. */
export const foldPiece = (piece: string): string => {
  // Most have nothing to be taken apart.
  if (piece.length === 1 && piece.normalize('NFKD') === piece) return foldLetter(piece.toLowerCase())
  const whole = piece.normalize('NFKC')
  if (hasIdeographs(whole)) return whole.toLowerCase()
  // In Russian this is a letter of its own, which the dots of ё do not make. So Unicode sorts them, too.
  if (/^[йЙ]/u.test(whole)) return 'й'
  const bare = whole.toLowerCase().normalize('NFD').replace(MARKS, '')
  return bare.length > LONGEST ? piece.toLowerCase() : Array.from(bare, foldLetter).join('')
}

/** A text as searches compare it: without case, accents, points and strokes; narrow like wide, composed like in parts. */
export const foldOf = (text: string): string =>
  (PLAIN.test(text) ? text : text.replace(PIECE, foldPiece)).toLowerCase()
