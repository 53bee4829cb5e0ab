import { foldPiece, PIECE } from '../../../lib/fold.ts'

/** A folded text; where in the original each of its units comes from: the beginning and the end of the piece that it is of. */
export interface Places {
  readonly folded: string
  readonly from: readonly number[]
  readonly to: readonly number[]
}

/** Folds a text as `foldOf` does, and remembers the places. */
export const placesOf = (text: string): Places => {
  let folded = ''
  const from: number[] = []
  const to: number[] = []
  const put = (part: string, start: number, end: number): void => {
    folded += part
    for (let unit = 0; unit < part.length; unit++) {
      from.push(start)
      to.push(end)
    }
  }
  const putPlain = (start: number, end: number): void => {
    for (let at = start; at < end; at++) put(text.charAt(at).toLowerCase(), at, at + 1)
  }
  let at = 0
  for (const { 0: piece, index } of text.matchAll(PIECE)) {
    putPlain(at, index)
    at = index + piece.length
    put(foldPiece(piece), index, at)
  }
  putPlain(at, text.length)
  return { folded, from, to }
}
