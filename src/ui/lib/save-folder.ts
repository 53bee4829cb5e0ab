/** Files below a folder of the private file system, the larger ones of which are worth keeping. */
const filesBelow = async (folder: FileSystemDirectoryHandle): Promise<File[]> => {
  const files: File[] = []
  for await (const entry of folder.values()) {
    if (entry instanceof FileSystemFileHandle) files.push(await entry.getFile())
    else if (entry instanceof FileSystemDirectoryHandle) files.push(...(await filesBelow(entry)))
  }
  return files
}

/** What a spare file of a database's folder holds. */
const EMPTY = 4_096

/** Gives the person the files of a folder, each as a download. They are encrypted, as they lie there. */
export const saveFolder = async (name: string): Promise<void> => {
  const root = await navigator.storage.getDirectory()
  const files = await filesBelow(await root.getDirectoryHandle(name))
  for (const [index, file] of files.filter(({ size }) => size > EMPTY).entries()) {
    const link = document.createElement('a')
    link.href = URL.createObjectURL(file)
    link.download = `${name}-${index + 1}.damaged`
    link.click()
    URL.revokeObjectURL(link.href)
  }
}
