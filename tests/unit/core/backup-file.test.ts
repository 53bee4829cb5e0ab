/** The file of a backup: what is said of each kind of broken one, and that neither making nor reading one holds more than a little of it. */
import { beforeAll, expect, test } from 'vitest'
import { createAgeArchive } from '../../../src/adapters/backup/age-archive.ts'
import { ArchiveFailure } from '../../../src/core/ports/archive.ts'
import { concatBytes, toBase64Url, utf8 } from '../../../src/lib/bytes.ts'

const PASSPHRASE = 'a parrot at noon'
const MIB = 1_048_576
const archive = createAgeArchive()

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
const gather = async (source: AsyncIterable<Uint8Array>): Promise<Uint8Array> => {
  const parts: Uint8Array[] = []
  for await (const part of source) parts.push(part)
  return concatBytes(...parts)
}
const outcomeOf = async (file: Uint8Array, passphrase = PASSPHRASE): Promise<string> => {
  try {
    return new TextDecoder().decode(await gather(archive.open(piecesOf(file), passphrase)))
  } catch (error) {
    if (error instanceof ArchiveFailure) return error.reason
    throw error
  }
}
const flipped = (file: Uint8Array, at: number): Uint8Array => {
  const copy = file.slice()
  copy[at] = copy[at]! ^ 1
  return copy
}

let file: Uint8Array
let header: number
beforeAll(async () => {
  file = await gather(archive.seal(piecesOf(utf8('olá')), PASSPHRASE))
  const text = new TextDecoder('latin1').decode(file)
  header = text.indexOf('\n', text.indexOf('\n--- ') + 1) + 1
})

test('a file that was cut is damaged, wherever it was cut, and not locked by another passphrase', async () => {
  expect(await outcomeOf(file)).toBe('olá')
  for (const end of [30, 70, header - 1, header + 10])
    expect(await outcomeOf(file.subarray(0, end)), `cut at ${end}`).toBe('backup-damaged')
})

test('a file with a flipped bit is damaged; only the part that the passphrase opens looks like another passphrase', async () => {
  const text = new TextDecoder('latin1').decode(file)
  const mac = text.indexOf('\n--- ') + 8
  for (const at of [text.indexOf('-> '), text.indexOf('scrypt'), mac, header + 3])
    expect(await outcomeOf(flipped(file, at)), `bit of byte ${at}`).toBe('backup-damaged')
  expect(await outcomeOf(file, 'a parrot at moon')).toBe('wrong-passphrase')
  expect(await outcomeOf(flipped(file, 3))).toBe('no-backup')
})

/** Text that cannot be made much smaller, piece by piece; counts what was taken of it. */
const createSource = (pieces: number) => {
  const taken = { bytes: 0 }
  async function* read(): AsyncGenerator<Uint8Array> {
    for (let n = 0; n < pieces; n++) {
      const random = new Uint8Array(MIB / 2)
      for (let at = 0; at < random.length; at += 65_536)
        crypto.getRandomValues(random.subarray(at, at + 65_536))
      const bytes = utf8(toBase64Url(random))
      taken.bytes += bytes.length
      yield bytes
    }
  }
  return { taken, read }
}

test('what is taken in and has not come out is a little of it, in making and in reading', async () => {
  const source = createSource(24)
  const sealed = { bytes: 0, held: 0 }
  const opened = { bytes: 0, held: 0 }
  async function* watched(): AsyncGenerator<Uint8Array> {
    for await (const piece of archive.seal(source.read(), PASSPHRASE)) {
      sealed.bytes += piece.length
      // Base64 of random bytes is packed to three quarters.
      sealed.held = Math.max(sealed.held, source.taken.bytes * 0.75 - sealed.bytes)
      yield piece
    }
  }
  for await (const piece of archive.open(watched(), PASSPHRASE)) {
    opened.bytes += piece.length
    opened.held = Math.max(opened.held, sealed.bytes - opened.bytes * 0.75)
  }
  expect(opened.bytes).toBe(source.taken.bytes)
  expect(sealed.bytes).toBeGreaterThan(11 * MIB)
  expect(Math.max(sealed.held, opened.held)).toBeLessThan(4 * MIB)
})
