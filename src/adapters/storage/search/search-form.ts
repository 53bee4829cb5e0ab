import { foldPiece, hasIdeographs, IDEOGRAPH, PIECE, PLAIN } from '../../../lib/fold.ts'

/** Parts words for the index of words. Without it the text is whole, for the index of parts. Texts have it as a space. */
export const GLUE = '\u001f'
const BESIDE_IDEOGRAPH = new RegExp(`(?<=${IDEOGRAPH})(?=\\S)|(?<=\\S)(?=${IDEOGRAPH})`, 'gv')

/** Letters that both tokenizers of the engine put into lower case. */
const LOWERED = /^[\u00c0-\u0527\u0531-\u0556]$/u
/** Letters of which they know the accent: a Latin letter with one. */
const ACCENTED = /^[A-Za-z]\p{M}$/u

const isEngines = (piece: string, folded: string): boolean =>
  piece === folded ||
  (LOWERED.test(piece) && (piece.toLowerCase() === folded || ACCENTED.test(piece.normalize('NFD'))))

/** A folded text with each Chinese, Japanese or Korean character as a word of its own. */
export const separated = (folded: string): string => folded.replace(BESIDE_IDEOGRAPH, GLUE)

/** A text as the indexes get it, folded and separated; null when they make the same of the text itself. */
export const searchFormOf = (text: string): string | null => {
  if (PLAIN.test(text)) return null
  let isOurs = hasIdeographs(text)
  const folded = text.replaceAll(GLUE, ' ').replace(PIECE, (piece) => {
    const part = foldPiece(piece)
    isOurs ||= !isEngines(piece, part)
    return part
  })
  return isOurs ? separated(folded.toLowerCase()) : null
}
