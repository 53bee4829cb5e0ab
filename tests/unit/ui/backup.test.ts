/** Saving and reading a backup's file: piece by piece, to where the person wants it, and a sentence for whatever goes wrong there. */
import { expect, test } from 'vitest'
import { ok } from '../../../src/lib/result.ts'
import { restoreBackup, saveBackup } from '../../../src/ui/lib/backup.ts'

const PIECES = 20
const PASSPHRASE = 'a parrot at noon'
const input = (reason: string) => ({ ok: false, error: { kind: 'input', reason } })

/** A core that gives out small pieces, and counts those that were not written yet when it was asked for the next one. */
const createGiver = () => {
  const seen = { given: 0, written: 0, mostHeld: 0 }
  return {
    seen,
    call: async (name: string) => {
      expect(name).toBe('backupPiece')
      seen.mostHeld = Math.max(seen.mostHeld, seen.given - seen.written)
      seen.given++
      return ok({ bytes: new Uint8Array(3), done: seen.given > PIECES }) as never
    },
  }
}
/** A window whose picker gives a place; what is done there is noted. */
const createPlace = (events: string[], write: () => Promise<void>) =>
  ({
    showSaveFilePicker: async () => ({
      createWritable: async () => ({
        write,
        close: async () => void events.push('closed'),
        abort: async () => void events.push('aborted'),
      }),
    }),
  }) as unknown as Window

test('each piece is written before the next is asked for', async () => {
  const giver = createGiver()
  const events: string[] = []
  const sizes: number[] = []
  const view = createPlace(events, async () => {
    await Promise.resolve()
    giver.seen.written++
  })
  const saved = await saveBackup({
    view,
    client: giver,
    passphrase: null,
    onSize: (size) => sizes.push(size),
  })
  expect(saved).toEqual(ok('written'))
  expect(giver.seen).toEqual({ given: PIECES + 1, written: PIECES, mostHeld: 0 })
  expect([events, sizes.at(-1)]).toEqual([['closed'], 3 * PIECES])
})

test.each([
  ['QuotaExceededError', 'file-no-room'],
  ['NotAllowedError', 'file-not-written'],
])('a place that cannot be written to (%s) is said, and nothing is left there', async (name, reason) => {
  const giver = createGiver()
  const events: string[] = []
  const view = createPlace(events, async () => {
    throw new DOMException('no room', name)
  })
  const client = giver
  expect(await saveBackup({ view, client, passphrase: null, onSize: () => undefined })).toEqual(input(reason))
  expect([events, giver.seen.given]).toEqual([['aborted'], 1])
})

test('no place is asked for with a passphrase that is too short, and thinking better of it is no failure', async () => {
  const giver = createGiver()
  const view = (name: string) =>
    ({
      showSaveFilePicker: async () => {
        throw new DOMException('', name)
      },
    }) as unknown as Window
  const save = (name: string, passphrase: string) =>
    saveBackup({ view: view(name), client: giver, passphrase, onSize: () => undefined })
  expect(await save('AbortError', '  too  short ')).toEqual(input('passphrase-too-short'))
  expect(await save('AbortError', PASSPHRASE)).toEqual(ok(null))
  expect(await save('SecurityError', PASSPHRASE)).toEqual(input('file-not-written'))
  expect(giver.seen.given).toBe(0)
})

test('a file that cannot be read any more is said, in the middle too', async () => {
  const call = async () => ok({ me: null }) as never
  for (const readable of [0, 1]) {
    let read = 0
    const file = {
      size: 2_500_000,
      slice: () => ({
        arrayBuffer: async () => {
          if (read++ >= readable) throw new DOMException('gone', 'NotReadableError')
          return new ArrayBuffer(1)
        },
      }),
    } as unknown as Blob
    expect(await restoreBackup({ call }, PASSPHRASE, file, () => undefined)).toEqual(input('file-unreadable'))
  }
})
