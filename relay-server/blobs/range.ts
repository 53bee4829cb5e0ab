/** Bytes from `first` to `last`, both included. */
export interface Range {
  readonly first: number
  readonly last: number
}

/**
 * Reads a Range header (RFC 9110 §14): one range of bytes. `whole` when there is none or it is of another kind, which may be passed over;
 * `unsatisfiable` when it lies beyond the end.
 */
export const readRange = (header: string | undefined, size: number): Range | 'whole' | 'unsatisfiable' => {
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? []
  if (from === '' && to === '') return 'whole'
  if (from === '')
    return to === '' || Number(to) === 0
      ? 'unsatisfiable'
      : { first: Math.max(0, size - Number(to)), last: size - 1 }
  const first = Number(from)
  const last = Math.min(to === '' ? size - 1 : Number(to), size - 1)
  if (to !== '' && Number(to) < first) return 'whole'
  return first >= size ? 'unsatisfiable' : { first, last }
}
