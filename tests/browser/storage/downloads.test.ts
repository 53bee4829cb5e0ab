/** Where the browser has no window for saving, an encrypted file waits on the disk until it is downloaded, however long it is. */
import { afterEach, expect, test, vi } from 'vitest'
import { WAITING_DOWNLOADS } from '../../../src/core/domain/keeper.ts'
import { ok } from '../../../src/lib/result.ts'
import { saveBackup } from '../../../src/ui/lib/backup.ts'
import { openFileToSave, type FileToSave } from '../../../src/ui/lib/save-file.ts'
import { saveFolder } from '../../../src/ui/lib/save-folder.ts'
import { openTemporaryFile, sweepTemporaryFiles } from '../../../src/ui/lib/temporary-file.ts'

const PIECES = 12
const PIECE = 2 ** 20
/** Chromium has a window for saving, which no test can operate. */
const view = { navigator } as unknown as Window
const CHAT: FileToSave = { name: 'chat.txt', type: 'text/plain', extension: '.txt', isEncrypted: false }

const folder = async () =>
  (await navigator.storage.getDirectory()).getDirectoryHandle(WAITING_DOWNLOADS, { create: true })
const waiting = async (): Promise<string[]> => {
  const names: string[] = []
  for await (const name of (await folder()).keys()) names.push(name)
  return names
}
/** Says which files pages give to the browser to download, in place of doing it, and lets no time pass. */
const watchDownloads = () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockReturnValue(undefined)
  return vi.spyOn(URL, 'createObjectURL')
}
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

test('a backup is written to the disk piece by piece, given to the browser as that file, and removed when it must have been downloaded', async () => {
  const given = watchDownloads()
  const piece = crypto.getRandomValues(new Uint8Array(PIECE / 16))
  const seen = { asked: 0, written: 0, mostHeld: 0 }
  const client = {
    call: async () => {
      seen.mostHeld = Math.max(seen.mostHeld, seen.asked - seen.written)
      const bytes = new Uint8Array(PIECE)
      for (let at = 0; at < PIECE; at += piece.length) bytes.set(piece, at)
      bytes[0] = seen.asked++
      return ok({ bytes, done: seen.asked > PIECES }) as never
    },
  }
  const blob = vi.spyOn(globalThis, 'Blob')
  const saved = await saveBackup({ view, client, passphrase: null, onSize: () => void seen.written++ })
  expect(blob, 'nothing is gathered').not.toHaveBeenCalled()
  expect(saved).toEqual(ok('download'))
  expect(seen).toEqual({ asked: PIECES + 1, written: PIECES, mostHeld: 0 })

  const [[file] = []] = given.mock.calls
  if (!(file instanceof File)) throw new Error('it is no file')
  expect(file.size).toBe(PIECES * PIECE)
  for (let n = 0; n < PIECES; n++)
    expect(new Uint8Array(await file.slice(n * PIECE, n * PIECE + 2).arrayBuffer())).toEqual(
      Uint8Array.of(n, piece[1] ?? 0)
    )
  const [name] = await waiting()
  expect(file.name).toBe(name)
  await sweepTemporaryFiles(navigator)
  expect(await waiting(), 'it is being downloaded').toHaveLength(1)
  vi.runAllTimers()
  vi.useRealTimers()
  await expect.poll(waiting, { timeout: 60_000 }).toEqual([])
})

test('nothing is left of a backup that ends in the middle', async () => {
  const given = watchDownloads()
  let asked = 0
  const client = {
    call: async () =>
      asked++ === 0
        ? (ok({ bytes: new Uint8Array(PIECE), done: false }) as never)
        : ({ ok: false, error: { kind: 'input', reason: 'backup-lost' } } as never),
  }
  expect(await saveBackup({ view, client, passphrase: null, onSize: () => undefined })).toMatchObject({
    ok: false,
  })
  expect(await waiting()).toEqual([])
  expect(given).not.toHaveBeenCalled()
})

test('what a page that is gone has left is swept; what another still writes is not', async () => {
  const mine = await openTemporaryFile(navigator)
  await mine.write('still written')
  const left = await folder()
  const id = crypto.randomUUID()
  for (const name of [id, `${id}.crswap`]) await left.getFileHandle(name, { create: true })
  await sweepTemporaryFiles(navigator)
  const names = await waiting()
  expect(names.filter((name) => name.startsWith(id))).toEqual([])
  expect(names.length).toBeGreaterThan(0)
  expect(await (await mine.finish()).text()).toBe('still written')
  await mine.remove()
  expect(await waiting()).toEqual([])
})

test('a chat that is saved as it reads never lies in the private file system', async () => {
  const given = watchDownloads()
  const file = await openFileToSave(view, CHAT)
  await file?.write('a secret')
  expect(await waiting()).toEqual([])
  expect(await file?.close()).toBe('download')
  expect(await waiting()).toEqual([])
  const [[blob] = []] = given.mock.calls
  expect(blob instanceof Blob && (await blob.text())).toBe('a secret')
})

test('files of a folder are downloaded as one, byte by byte as they are', async () => {
  const given = watchDownloads()
  const name = `kept-${crypto.randomUUID()}`
  const kept = await (await navigator.storage.getDirectory()).getDirectoryHandle(name, { create: true })
  const contents = new Map([
    ['database', crypto.getRandomValues(new Uint8Array(50_001))],
    ['log', crypto.getRandomValues(new Uint8Array(8_192))],
    ['spare', new Uint8Array(4_096)],
  ])
  for (const [file, bytes] of contents) {
    const writing = await (await kept.getFileHandle(file, { create: true })).createWritable()
    await writing.write(bytes)
    await writing.close()
  }
  expect(await saveFolder(name)).toEqual(ok(null))
  const [[blob] = []] = given.mock.calls
  if (!(blob instanceof Blob)) throw new Error('nothing was given')
  const tar = new Uint8Array(await blob.arrayBuffer())
  const found = new Map<string, Uint8Array>()
  for (let at = 0; tar[at] !== 0;) {
    const field = (from: number, length: number) =>
      new TextDecoder().decode(tar.subarray(at + from, at + from + length)).split('\0')[0] ?? ''
    const sum = tar.subarray(at, at + 512).reduce((all, byte, n) => all + (n < 148 || n > 155 ? byte : 32), 0)
    expect([field(257, 5), Number.parseInt(field(148, 8), 8)]).toEqual(['ustar', sum])
    const size = Number.parseInt(field(124, 12), 8)
    found.set(field(0, 100), tar.subarray(at + 512, at + 512 + size))
    at += 512 + Math.ceil(size / 512) * 512
  }
  contents.delete('spare')
  expect(found).toEqual(new Map([...contents].map(([file, bytes]) => [`${name}/${file}`, bytes])))
  expect(await saveFolder('no such folder')).toMatchObject({
    ok: false,
    error: { reason: 'file-unreadable' },
  })
})
