/**
 * An origin private file system in memory whose power fails. It stands where `navigator.storage.getDirectory()` does, below the real engine:
 * folders and files are there at once and for good, as those of the pool are once it is made; contents are there for good when flushed.
 */
import { bytesOf } from './bytes-of.ts'
import type { Dice } from './random.ts'
import { SimulatedFile } from './simulated-file.ts'

/** What every operation throws once the power is gone. */
export class PowerLost extends Error {}

type Folder = Map<string, Folder | SimulatedFile>

const notFound = (): DOMException => new DOMException('not there', 'NotFoundError')

export class SimulatedDisk {
  readonly #root: Folder
  /** Handles are exclusive, as in a browser. */
  readonly #held = new Set<SimulatedFile>()
  #left = Infinity
  #dead = false

  constructor(root: Folder = new Map()) {
    this.#root = root
  }

  /** The power fails when `operations` more writes, truncations and flushes have been asked for. */
  failAfter(operations: number): void {
    this.#left = operations
  }

  /** True once something was refused for want of power. */
  get isDead(): boolean {
    return this.#dead
  }

  /** What is found when the power is back. */
  afterFailure(dice: Dice): SimulatedDisk {
    const part = [0, 0.5, 1, 0.9, 0.1][dice.roll(5)] ?? 0
    const copy = (folder: Folder): Folder =>
      new Map(
        [...folder].map(([name, entry]) => [
          name,
          entry instanceof SimulatedFile ? entry.afterPowerLoss(dice, part) : copy(entry),
        ])
      )
    return new SimulatedDisk(copy(this.#root))
  }

  /** All files, by path. */
  files(): ReadonlyMap<string, SimulatedFile> {
    const found = new Map<string, SimulatedFile>()
    const walk = (folder: Folder, path: string): void => {
      for (const [name, entry] of folder) {
        if (entry instanceof SimulatedFile) found.set(`${path}/${name}`, entry)
        else walk(entry, `${path}/${name}`)
      }
    }
    walk(this.#root, '')
    return found
  }

  /** A disk with the same contents, all of it flushed. */
  clone(): SimulatedDisk {
    const copy = (folder: Folder): Folder =>
      new Map(
        [...folder].map(([name, entry]) => [
          name,
          entry instanceof SimulatedFile ? new SimulatedFile(entry.view()) : copy(entry),
        ])
      )
    return new SimulatedDisk(copy(this.#root))
  }

  /** Puts it where this worker's engine looks for its files. */
  install(): void {
    Object.defineProperty(navigator.storage, 'getDirectory', {
      configurable: true,
      value: async () => this.#folder('', this.#root),
    })
  }

  #spend(): void {
    if (this.#left <= 0) {
      this.#dead = true
      throw new PowerLost('the power is gone')
    }
    this.#left -= 1
  }

  #folder(name: string, folder: Folder) {
    const entry = (child: string, found: Folder | SimulatedFile) =>
      found instanceof SimulatedFile ? this.#file(child, found) : this.#folder(child, found)
    return {
      kind: 'directory',
      name,
      getDirectoryHandle: async (child: string, { create = false } = {}): Promise<unknown> => {
        const found = folder.get(child) ?? (create ? (new Map() as Folder) : undefined)
        if (!found || found instanceof SimulatedFile) throw notFound()
        folder.set(child, found)
        return this.#folder(child, found)
      },
      getFileHandle: async (child: string, { create = false } = {}) => {
        const found = folder.get(child) ?? (create ? new SimulatedFile() : undefined)
        if (!(found instanceof SimulatedFile)) throw notFound()
        folder.set(child, found)
        return this.#file(child, found)
      },
      removeEntry: async (child: string) => {
        if (!folder.delete(child)) throw notFound()
      },
      [Symbol.asyncIterator]: async function* () {
        for (const [child, found] of folder) yield [child, entry(child, found)]
      },
    }
  }

  #file(name: string, file: SimulatedFile) {
    return {
      kind: 'file',
      name,
      createSyncAccessHandle: async () => {
        if (this.#held.has(file)) throw new DOMException('held', 'NoModificationAllowedError')
        this.#held.add(file)
        return {
          getSize: () => file.size,
          read: (into: ArrayBufferView, { at = 0 } = {}) => {
            const bytes = file.view().subarray(at, at + into.byteLength)
            bytesOf(into).set(bytes)
            return bytes.length
          },
          write: (from: ArrayBufferView, { at = 0 } = {}) => {
            this.#spend()
            file.write(at, bytesOf(from))
            return from.byteLength
          },
          truncate: (size: number) => {
            this.#spend()
            file.truncate(size)
          },
          flush: () => {
            this.#spend()
            file.flush()
          },
          close: () => void this.#held.delete(file),
        }
      },
    }
  }
}
