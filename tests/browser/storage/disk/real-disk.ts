/**
 * The origin's own private file system, cut off at any byte: as when the process that writes is killed. Of the last write a part is
 * there, and nothing after it; what was written before stays, flushed or not.
 */
import { bytesOf } from './bytes-of.ts'
import { diceOf, type Dice } from './random.ts'
import type { FailingDisk } from './failing.ts'

/** What every operation throws once the disk is cut off. */
class CutOff extends Error {}

interface Handle {
  read(into: Uint8Array, options: { readonly at: number }): number
  write(from: ArrayBufferView, options: { readonly at: number }): number
  truncate(size: number): void
  flush(): void
  getSize(): number
  close(): void
}
type OpenHandle = (this: FileSystemFileHandle) => Promise<Handle>

export class RealDisk implements FailingDisk {
  readonly #folder: FileSystemDirectoryHandle
  readonly #open = new Set<Handle>()
  readonly #dice: Dice
  #left = Infinity
  #dead = false

  private constructor(folder: FileSystemDirectoryHandle, seed: number) {
    this.#folder = folder
    this.#dice = diceOf(seed)
  }

  /** A new folder of the real file system. */
  static async blank(seed: number): Promise<RealDisk> {
    const root = await StorageManager.prototype.getDirectory.call(navigator.storage)
    return new RealDisk(await root.getDirectoryHandle(crypto.randomUUID(), { create: true }), seed)
  }

  failAfter(operations: number): void {
    this.#left = operations
  }

  get isDead(): boolean {
    return this.#dead
  }

  install(): void {
    Object.defineProperty(navigator.storage, 'getDirectory', {
      configurable: true,
      value: async () => this.#folder,
    })
    const { prototype } = FileSystemFileHandle as unknown as {
      prototype: { createSyncAccessHandle: OpenHandle & { readonly real?: OpenHandle } }
    }
    const real = prototype.createSyncAccessHandle.real ?? prototype.createSyncAccessHandle
    const wrap = (handle: Handle): Handle => this.#wrapped(handle)
    const opening: OpenHandle = async function () {
      return wrap(await real.call(this))
    }
    prototype.createSyncAccessHandle = Object.assign(opening, { real })
  }

  /** The files as they are; the system has closed what the process held. */
  afterFailure(): RealDisk {
    for (const handle of this.#open) handle.close()
    this.#open.clear()
    this.#left = Infinity
    this.#dead = false
    return this
  }

  /** False when the disk is cut off with this operation. */
  #lives(): boolean {
    if (this.#dead) throw new CutOff('cut off')
    this.#left -= 1
    this.#dead = this.#left < 0
    return !this.#dead
  }

  #wrapped(handle: Handle): Handle {
    this.#open.add(handle)
    return {
      getSize: () => handle.getSize(),
      read: (into, options) => handle.read(into, options),
      write: (from, options) => {
        if (this.#lives()) return handle.write(from, options)
        handle.write(bytesOf(from).subarray(0, this.#dice.roll(from.byteLength)), options)
        throw new CutOff('cut off')
      },
      truncate: (size) => {
        if (!this.#lives()) throw new CutOff('cut off')
        handle.truncate(size)
      },
      flush: () => {
        if (!this.#lives()) throw new CutOff('cut off')
        handle.flush()
      },
      close: () => {
        this.#open.delete(handle)
        handle.close()
      },
    }
  }
}
