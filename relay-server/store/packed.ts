/**
 * The same value, with every byte string in a buffer of its own. Copying to another thread takes the whole buffer that a view looks
 * into: of a request's body, everything for each of its parts.
 */
export const packed = (value: unknown): unknown => {
  if (value instanceof Uint8Array)
    return value.byteLength === value.buffer.byteLength ? value : new Uint8Array(value)
  if (Array.isArray(value)) return value.map(packed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, packed(one)]))
}
