import type { InputError } from '../../core/domain/errors.ts'
import { canWriteTemporaryFiles, openTemporaryFile, sweepTemporaryFiles } from './temporary-file.ts'

/** How far a file is that was closed. */
export type SavedHow = 'written' | 'download'

/** A file that is being written to where the person wants it. */
export interface SavedFile {
  write(data: string | Uint8Array<ArrayBuffer>): Promise<void>
  /** With `written` the file is there; a `download` has only begun. */
  close(): Promise<SavedHow>
  /** Leaves nothing behind. */
  abort(): Promise<void>
}

export interface FileToSave {
  readonly name: string
  /** Media type, without parameters. */
  readonly type: string
  /** With its dot. */
  readonly extension: `.${string}`
  /** It says nothing without its passphrase: only such a file may lie in the private file system until it is downloaded. */
  readonly isEncrypted: boolean
}

/** The part of the File System Access API that is used; not every browser has it, and the type library does not know it. */
interface SavePicker {
  showSaveFilePicker(options: {
    readonly suggestedName: string
    readonly types: readonly { readonly accept: Readonly<Record<string, readonly string[]>> }[]
  }): Promise<FileSystemFileHandle>
}
const hasPicker = (view: Window): view is Window & SavePicker => 'showSaveFilePicker' in view

/** How long a download is given, ms: to begin, and then for each byte, as a slow card takes them. */
const TO_BEGIN = 60_000
const A_BYTE = 1 / 1_000

/**
 * Asks the person where to, where the browser can, and writes there as it comes; else makes a download. To be called while a click is being
 * answered. Undefined: the person thought better of it. Throws what the browser throws when the place cannot be written to.
 */
export const openFileToSave = async (view: Window, file: FileToSave): Promise<SavedFile | undefined> => {
  if (!hasPicker(view)) return downloadOf(view, file)
  try {
    const handle = await view.showSaveFilePicker({
      suggestedName: file.name,
      types: [{ accept: { [file.type]: [file.extension] } }],
    })
    const stream = await handle.createWritable()
    return {
      write: (data) => stream.write(data),
      close: async () => {
        await stream.close()
        return 'written'
      },
      abort: () => stream.abort(),
    }
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return undefined
    throw error
  }
}

/** Why a file was not saved, from what the browser threw. */
export const savingError = (error: unknown): InputError => {
  const isFull = error instanceof DOMException && error.name === 'QuotaExceededError'
  return { kind: 'input', reason: isFull ? 'file-no-room' : 'file-not-written' }
}

/** Has the browser download it. Nothing tells when that is over: `afterwards` is called when it must be. */
export const download = (file: Blob, name: string, afterwards?: () => void): void => {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = name
  link.click()
  setTimeout(
    () => {
      URL.revokeObjectURL(link.href)
      afterwards?.()
    },
    TO_BEGIN + file.size * A_BYTE
  )
}

const downloadOf = async (view: Window, file: FileToSave): Promise<SavedFile> => {
  if (!file.isEncrypted || !canWriteTemporaryFiles()) return gathered(file)
  await sweepTemporaryFiles(view.navigator)
  const temporary = await openTemporaryFile(view.navigator)
  return {
    write: temporary.write,
    close: async () => {
      download(await temporary.finish(), file.name, () => void temporary.remove().catch(() => undefined))
      return 'download'
    },
    abort: temporary.remove,
  }
}

/** Parts of a blob lie where the browser wants them; nobody can read them there when the page is gone. */
const gathered = ({ name, type }: FileToSave): SavedFile => {
  let parts: Blob[] = []
  return {
    write: async (data) => void parts.push(new Blob([data])),
    close: async () => {
      download(new Blob(parts, { type }), name)
      return 'download'
    },
    abort: async () => {
      parts = []
    },
  }
}

/** A file name of free words: without what some system forbids in one, and not too long. */
export const fileNameOf = (words: string, extension: string): string =>
  `${words
    .replace(/[\p{C}\p{Z}/\\:*?"<>|]+/gu, ' ')
    .trim()
    .replace(/^[.\s]+|[.\s]+$/gu, '')
    .slice(0, 80)
    .toWellFormed()}${extension}`
