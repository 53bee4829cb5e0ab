/** A value whose byte strings all lie in one buffer, one after the other. */
export interface Packed<T> {
  readonly value: T
  readonly buffer: ArrayBuffer
}

/**
 * Copies a value for another thread, with all of its byte strings in one new buffer, which can be handed over. Handing over takes the whole buffer
 * that a view looks into (of a request's body, everything for each of its parts), and each buffer costs more than the bytes of a deposit.
 */
export const pack = <T>(value: T): Packed<T> => {
  const buffer = new ArrayBuffer(bytesOf(value))
  let end = 0
  const copy = (one: unknown): unknown => {
    if (typeof one !== 'object' || one === null) return one
    if (one instanceof Uint8Array) {
      const view = new Uint8Array(buffer, end, one.length)
      view.set(one)
      end += one.length
      return view
    }
    if (Array.isArray(one)) return one.map(copy)
    // Not by a list of pairs: every deposit comes through here.
    const fields: Record<string, unknown> = { ...one }
    for (const key of Object.keys(fields)) fields[key] = copy(fields[key])
    return fields
  }
  return { value: copy(value) as T, buffer }
}

/** Of all byte strings in it. */
const bytesOf = (value: unknown): number => {
  if (typeof value !== 'object' || value === null) return 0
  if (value instanceof Uint8Array) return value.length
  let sum = 0
  for (const one of Object.values(value)) sum += bytesOf(one)
  return sum
}
