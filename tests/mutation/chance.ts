/**
 * Chance that is the same in every run: whether a test notices a changed constant must not hang on which keys it happened
 * to draw, or a constant is noticed today and not tomorrow. What the official library draws for itself stays as it is.
 */
import fc from 'fast-check'

/** FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/; never 0, from which the generator below would not move. */
const hashOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193)
  return hash === 0 ? 1 : hash
}

/** Replaces the sources of chance of this process. They begin anew at each `restart`, elsewhere for each `place`. */
export const makeChanceRepeatable = (): { restart(place: string): void } => {
  // xorshift32
  let word = 1
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
  fc.configureGlobal({ seed: 1 })
  return {
    restart(place) {
      word = hashOf(place)
    },
  }
}
