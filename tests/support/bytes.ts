import fc from 'fast-check'

/** A change that a careless or hostile hand makes to bytes. */
export type Damage =
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'remove'; readonly at: number; readonly count: number }
  | { readonly kind: 'overwrite'; readonly at: number; readonly bytes: Uint8Array }

const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })

/** Damages; places are fractions of the length, so that they shrink with any input. */
export const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: place, bit: fc.integer({ min: 0, max: 7 }) }),
  fc.record({ kind: fc.constant('cut' as const), at: place }),
  fc.record({
    kind: fc.constant('insert' as const),
    at: place,
    bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
  }),
  fc.record({ kind: fc.constant('remove' as const), at: place, count: fc.integer({ min: 1, max: 40 }) }),
  fc.record({
    kind: fc.constant('overwrite' as const),
    at: place,
    bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
  })
)

/** Applies a damage to a copy. */
export const damaged = (bytes: Uint8Array, change: Damage): Uint8Array => {
  const at = Math.floor(change.at * bytes.length)
  const [head, tail] = [bytes.slice(0, at), bytes.slice(at)]
  switch (change.kind) {
    case 'cut':
      return head
    case 'insert':
      return Uint8Array.of(...head, ...change.bytes, ...tail)
    case 'remove':
      return Uint8Array.of(...head, ...tail.slice(change.count))
    case 'overwrite':
      return Uint8Array.of(...head, ...change.bytes, ...tail.slice(change.bytes.length))
    case 'flip': {
      const copy = bytes.slice()
      if (copy.length > 0) copy[at] = (copy[at] ?? 0) ^ (1 << change.bit)
      return copy
    }
  }
}

/** Whether two byte strings are the same. */
export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

/** How often a parser is tried: the least that counts as fuzzed. */
export const RUNS = { numRuns: 1_000 }
