/** Folders of the File System Access API, whose pickers and permissions the type library does not know. */
interface Permitted {
  queryPermission?(how: { readonly mode: 'readwrite' }): Promise<PermissionState>
  requestPermission?(how: { readonly mode: 'readwrite' }): Promise<PermissionState>
}
interface FolderPicker {
  showDirectoryPicker(options: {
    readonly id: string
    readonly mode: 'readwrite'
    readonly startIn: 'documents'
  }): Promise<FileSystemDirectoryHandle>
}
const MODE = { mode: 'readwrite' } as const

export const hasFolderPicker = (view: Window): view is Window & FolderPicker => 'showDirectoryPicker' in view

/** Has the browser ask for a folder; undefined when the person thought better of it. */
export const pickFolder = async (
  view: Window & FolderPicker
): Promise<FileSystemDirectoryHandle | undefined> => {
  try {
    return await view.showDirectoryPicker({ id: 'mepassa-backup', startIn: 'documents', ...MODE })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return undefined
    throw error
  }
}

/** Whether the folder may be written to. @param ask asks the person where the browser wants that; while a click is being answered. */
export const mayWrite = async (
  folder: FileSystemDirectoryHandle & Permitted,
  ask: boolean
): Promise<boolean> => {
  const state = (await folder.queryPermission?.(MODE)) ?? 'granted'
  if (state !== 'prompt' || !ask) return state === 'granted'
  return (await folder.requestPermission?.(MODE)) === 'granted'
}

/** Names of a plan's files, oldest first. */
const namesOf = async (folder: FileSystemDirectoryHandle, tag: string): Promise<string[]> => {
  const pattern = new RegExp(`^MePassa \\d{4}-\\d\\d-\\d\\d \\d\\d\\.\\d\\d\\.\\d\\d ${tag}\\.mepassa$`)
  const names: string[] = []
  for await (const name of folder.keys()) if (pattern.test(name)) names.push(name)
  return names.sort()
}

/** In universal time, so that names sort by age wherever one travels. */
const nameOf = (at: number, tag: string): string =>
  `MePassa ${new Date(at).toISOString().slice(0, 19).replace('T', ' ').replaceAll(':', '.')} ${tag}.mepassa`

/**
 * Writes a file, and only when it is whole removes those beyond the newest `keep`. The browser writes to a file beside it and puts that in its
 * place at the end, so that a file with such a name is whole or empty; empty ones, of a browser that was ended meanwhile, go first.
 * @returns how many bytes it has
 */
export const writeBackup = async (
  folder: FileSystemDirectoryHandle,
  { tag, keep, at }: { readonly tag: string; readonly keep: number; readonly at: number },
  fill: (write: (bytes: Uint8Array) => Promise<void>) => Promise<void>
): Promise<number> => {
  for (const name of await namesOf(folder, tag))
    if ((await (await folder.getFileHandle(name)).getFile()).size === 0) await folder.removeEntry(name)
  const name = nameOf(at, tag)
  const stream = await (await folder.getFileHandle(name, { create: true })).createWritable()
  let size = 0
  try {
    await fill(async (bytes) => {
      size += bytes.length
      await stream.write(new Uint8Array(bytes))
    })
    await stream.close()
  } catch (error) {
    await stream.abort().catch(() => undefined)
    await folder.removeEntry(name).catch(() => undefined)
    throw error
  }
  const names = await namesOf(folder, tag)
  for (const old of names.slice(0, Math.max(0, names.length - keep))) await folder.removeEntry(old)
  return size
}
