/** A backup of about the wanted size, as the app makes it, without a store that holds it: the account is real, the messages are long and do not get shorter by gzip. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { createAgeArchive } from '../../../src/adapters/backup/age-archive.ts'
import { decodeRecords, encodeRecord, type BackupRecord } from '../../../src/core/backup/records.ts'
import { AS_THE_DEVICE } from '../../../src/core/domain/settings.ts'
import { createClient } from '../../../src/node/create-client.ts'
import { makeBackup } from '../../../src/ui/lib/backup.ts'
import { ANA, contactRow, message, WITH_ANA } from '../../contract/storage/samples.ts'

export const PASSPHRASE = 'a parrot at noon'
/** Bytes of a message that are left after gzip; its base64 is close to the longest text there may be. */
const A_MESSAGE = 48_000

const startOf = async (relay: string): Promise<readonly BackupRecord[]> => {
  const client = await createClient({ relay, direct: false })
  try {
    await client.createAccount('Ana')
    const parts: Uint8Array[] = []
    await makeBackup(
      { client, passphrase: PASSPHRASE, look: AS_THE_DEVICE },
      (bytes) => void parts.push(bytes)
    )
    const records: BackupRecord[] = []
    const plain = createAgeArchive().open(
      (async function* () {
        yield* parts
      })(),
      PASSPHRASE
    )
    for await (const record of decodeRecords(plain)) if (record) records.push(record)
    return records.slice(0, -1)
  } finally {
    await client.close()
  }
}

async function* recordsOf(start: readonly BackupRecord[], messages: number): AsyncGenerator<Uint8Array> {
  const contact: BackupRecord = { kind: 'contact', value: contactRow(ANA) }
  const value = { id: WITH_ANA, draft: '', activeAt: 1 }
  for (const record of [...start, contact, { kind: 'conversation', value } as const])
    yield encodeRecord(record)
  for (let n = 0; n < messages; n++) {
    // A line of the app's own: the search index, which comes afterwards and has nothing to do with backups, leaves these out.
    const one = message(n, { kind: 'notice', text: randomBytes(A_MESSAGE).toString('base64') })
    yield encodeRecord({ kind: 'message', value: one, unread: false })
  }
  yield encodeRecord({ kind: 'end', records: start.length + 2 + messages })
}

/** Writes it; answers how many messages are in it. */
export const makeBackupFile = async (path: string, relay: string, bytes: number): Promise<number> => {
  const start = await startOf(relay)
  const messages = Math.round(bytes / A_MESSAGE)
  const file = createWriteStream(path)
  for await (const piece of createAgeArchive().seal(recordsOf(start, messages), PASSPHRASE))
    if (!file.write(piece)) await once(file, 'drain')
  file.end()
  await once(file, 'close')
  return messages
}
