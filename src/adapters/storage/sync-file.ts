/** A file's synchronous handle, which only dedicated workers have; code that pages load knows no such type. */
export interface SyncFile {
  read(into: Uint8Array, options: { readonly at: number }): number
  write(from: Uint8Array, options: { readonly at: number }): number
  truncate(size: number): void
  flush(): void
  close(): void
}

/** Opens it; exclusive. Throws a `DOMException` while another holds it. */
export const openSyncFile = (handle: FileSystemFileHandle): Promise<SyncFile> =>
  (handle as FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncFile> }).createSyncAccessHandle()
