import { Decrypter, Encrypter, type Identity } from 'age-encryption'
import { ArchiveFailure, type Archive, type ArchiveProblem } from '../../core/ports/archive.ts'
import { fromUtf8, own } from '../../lib/bytes.ts'

/** scrypt with 2^16 rounds: half a second and 64 MiB, which a phone has. */
const WORK_FACTOR = 16
/** What every file of the format begins with. */
const MAGIC = 'age-encryption.org/v1\n'

type Bytes = Uint8Array<ArrayBuffer>

/** A stream that asks the source for a piece when it is read. */
const streamOf = (source: AsyncIterable<Uint8Array>): ReadableStream<Bytes> => {
  const pieces = source[Symbol.asyncIterator]()
  return new ReadableStream({
    pull: async (controller) => {
      const next = await pieces.next()
      if (next.done) controller.close()
      else controller.enqueue(own(next.value))
    },
  })
}

async function* piecesOf(
  stream: ReadableStream<Uint8Array>,
  problem?: ArchiveProblem
): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader()
  try {
    for (;;) {
      const next = await reader.read().catch((error: unknown) => {
        throw problem === undefined || error instanceof ArchiveFailure ? error : new ArchiveFailure(problem)
      })
      if (next.done) return
      yield next.value
    }
  } finally {
    reader.cancel().catch(() => undefined)
  }
}

/** Looks at the beginning without taking it away. */
async function* checked(sealed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head: Uint8Array | undefined = new Uint8Array()
  for await (const piece of sealed) {
    if (head === undefined) {
      yield piece
      continue
    }
    const joined: Uint8Array = new Uint8Array([...head, ...piece])
    head = joined
    if (joined.length < MAGIC.length) continue
    if (fromUtf8(joined.subarray(0, MAGIC.length)) !== MAGIC) throw new ArchiveFailure('no-backup')
    head = undefined
    yield joined
  }
  if (head !== undefined) throw new ArchiveFailure('no-backup')
}

/**
 * Asked after the passphrase: then the passphrase is another one. Whatever else is wrong is the file: `age-encryption` throws for it, by no name that
 * could be told from another.
 */
const otherPassphrase: Identity = {
  unwrapFileKey: (stanzas) => {
    const isLocked = stanzas.length === 1 && stanzas[0]?.args[0] === 'scrypt'
    throw new ArchiveFailure(isLocked ? 'wrong-passphrase' : 'backup-damaged')
  },
}

/** gzip inside of age (https://age-encryption.org/v1) with a passphrase: other tools can open it. */
export const createAgeArchive = (): Archive => ({
  seal: async function* (plain, passphrase) {
    const encrypter = new Encrypter()
    encrypter.setScryptWorkFactor(WORK_FACTOR)
    encrypter.setPassphrase(passphrase)
    const zipped = streamOf(plain).pipeThrough(new CompressionStream('gzip'))
    yield* piecesOf(await encrypter.encrypt(zipped))
  },
  open: async function* (sealed, passphrase) {
    const decrypter = new Decrypter()
    decrypter.addPassphrase(passphrase)
    decrypter.addIdentity(otherPassphrase)
    const opened = await decrypter.decrypt(streamOf(checked(sealed))).catch((error: unknown) => {
      throw error instanceof ArchiveFailure ? error : new ArchiveFailure('backup-damaged')
    })
    const plain = (opened as ReadableStream<Bytes>).pipeThrough(new DecompressionStream('gzip'))
    yield* piecesOf(plain, 'backup-damaged')
  },
})
