/**
 * Chance that is the same in every run: whether a test notices a changed constant must not hang on which keys it happened
 * to draw, or a constant is noticed today and not tomorrow. What the official library draws for itself stays as it is.
 */
import fc from 'fast-check'

/** xorshift32; any word but 0. */
const FIRST = 0x6d657061

/** Replaces the sources of chance of this process. `restart` has each of them begin anew. */
export const makeChanceRepeatable = (): { restart(): void } => {
  let word = FIRST
  const next = (): number => {
    word ^= word << 13
    word ^= word >>> 17
    word ^= word << 5
    return word >>> 0
  }
  const fill = <T extends ArrayBufferView>(view: T): T => {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
    // The lowest bits of a word follow each other too closely.
    for (const place of bytes.keys()) bytes[place] = next() >>> 24
    return view
  }
  Object.defineProperty(globalThis.crypto, 'getRandomValues', {
    value: fill,
    configurable: true,
    writable: true,
  })
  Math.random = () => next() / 2 ** 32
  fc.configureGlobal({ seed: FIRST })
  return {
    restart() {
      word = FIRST
    },
  }
}
