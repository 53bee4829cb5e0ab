/** One file on a disk that keeps only what was flushed. */
import type { Dice } from './random.ts'

/** What a disk writes whole or not at all. */
const SECTOR = 512

type Pending =
  | { readonly kind: 'write'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly size: number }

/** Bytes that grow. */
class Extent {
  #bytes = new Uint8Array(0)
  size = 0
  constructor(from?: Uint8Array) {
    if (from) this.write(0, from)
  }
  write(at: number, bytes: Uint8Array): void {
    const end = at + bytes.length
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2))
      grown.set(this.#bytes.subarray(0, this.size))
      this.#bytes = grown
    }
    this.#bytes.set(bytes, at)
    this.size = Math.max(this.size, end)
  }
  truncate(size: number): void {
    if (size > this.size) this.write(this.size, new Uint8Array(size - this.size))
    this.#bytes.fill(0, size, this.size)
    this.size = size
  }
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.size)
  }
}

const apply = (extent: Extent, change: Pending): void => {
  if (change.kind === 'truncate') extent.truncate(change.size)
  else extent.write(change.at, change.bytes)
}

/** The pieces of a write that share a sector. */
const sectorsOf = function* ({ at, bytes }: Pending & { kind: 'write' }): Generator<Pending> {
  let from = 0
  while (from < bytes.length) {
    const to = Math.min(bytes.length, from + SECTOR - ((at + from) % SECTOR))
    yield { kind: 'write', at: at + from, bytes: bytes.subarray(from, to) }
    from = to
  }
}

/** A file with what is on the disk for good, and what was written since the last flush. */
export class SimulatedFile {
  readonly #durable: Extent
  readonly #seen: Extent
  #pending: Pending[] = []

  constructor(content: Uint8Array = new Uint8Array(0)) {
    this.#durable = new Extent(content)
    this.#seen = new Extent(content)
  }

  get size(): number {
    return this.#seen.size
  }
  /** What a reader sees, flushed or not. */
  view(): Uint8Array {
    return this.#seen.view()
  }
  write(at: number, bytes: Uint8Array): void {
    this.#change({ kind: 'write', at, bytes: bytes.slice() })
  }
  truncate(size: number): void {
    this.#change({ kind: 'truncate', size })
  }
  flush(): void {
    for (const change of this.#pending) apply(this.#durable, change)
    this.#pending = []
  }
  #change(change: Pending): void {
    apply(this.#seen, change)
    this.#pending.push(change)
  }

  /** The file after the power failed: of what was not flushed each sector is there in `part` of all cases. */
  afterPowerLoss(dice: Dice, part: number): SimulatedFile {
    const left = new Extent(this.#durable.view())
    for (const change of this.#pending)
      for (const piece of change.kind === 'write' ? sectorsOf(change) : [change])
        if (dice.chance(part)) apply(left, piece)
    return new SimulatedFile(left.view())
  }
}
