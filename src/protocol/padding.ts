import { LIMITS } from './limits.ts'

const LEAST = 256

/**
 * Length of the bucket that `length` bytes (mark included) are padded to: at least 256, then steps of an eighth of the power of two
 * below, so that a size tells little and padding costs at most an eighth.
 */
export const bucketLength = (length: number): number => {
  if (length <= LEAST) return LEAST
  const step = 2 ** Math.max(5, Math.floor(Math.log2(length)) - 3)
  return Math.ceil(length / step) * step
}

/** Appends 0x80 and zeros up to the bucket. */
export const pad = (content: Uint8Array): Uint8Array<ArrayBuffer> => {
  const out = new Uint8Array(bucketLength(content.length + 1))
  out.set(content)
  out[content.length] = 0x80
  return out
}

/** Takes the padding off; undefined when there is none or the whole is longer than any content may be. */
export const unpad = (padded: Uint8Array): Uint8Array | undefined => {
  if (padded.length > LIMITS.contentBytes) return undefined
  let end = padded.length - 1
  while (end >= 0 && padded[end] === 0) end--
  return end >= 0 && padded[end] === 0x80 ? padded.subarray(0, end) : undefined
}
