/** The origin's own private file system with only so much room: what would make its files longer than that is refused, as by a quota. */
interface Handle {
  write(from: ArrayBufferView, options: { readonly at: number }): number
  truncate(size: number): void
  getSize(): number
}
type OpenHandle = (this: FileSystemFileHandle) => Promise<Handle>

export interface FullDisk {
  /** From now on so many bytes more. */
  leave(bytes: number): void
}

/** Takes the place of this worker's access handles; there is room without end until it is told how much. */
export const limitRoom = (): FullDisk => {
  let left = Infinity
  const take = (handle: Handle, end: number): void => {
    const more = end - handle.getSize()
    if (more <= 0) return
    if (more > left) throw new DOMException('No space available for this operation', 'QuotaExceededError')
    left -= more
  }
  const { prototype } = FileSystemFileHandle as unknown as {
    prototype: { createSyncAccessHandle: OpenHandle }
  }
  const real = prototype.createSyncAccessHandle
  prototype.createSyncAccessHandle = async function () {
    const handle = await real.call(this)
    const [write, truncate] = [handle.write.bind(handle), handle.truncate.bind(handle)]
    return Object.assign(handle, {
      write: (from: ArrayBufferView, options: { readonly at: number }): number => {
        take(handle, options.at + from.byteLength)
        return write(from, options)
      },
      truncate: (size: number): void => {
        take(handle, size)
        truncate(size)
      },
    })
  }
  return { leave: (bytes) => (left = bytes) }
}
