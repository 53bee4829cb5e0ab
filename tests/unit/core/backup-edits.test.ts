/** What was edited stays as it was edited when it comes back from a backup, whatever comes late; and edits that wait go on waiting. */
import { expect, test } from 'vitest'
import { createAgeArchive } from '../../../src/adapters/backup/age-archive.ts'
import { openNodeStore } from '../../../src/adapters/storage/node-store.ts'
import { AS_THE_DEVICE } from '../../../src/core/domain/settings.ts'
import { decodeRecords } from '../../../src/core/backup/records.ts'
import { writeRecord } from '../../../src/core/backup/write-record.ts'
import { conversationWith, type ConversationId } from '../../../src/protocol/ids.ts'
import { at, envelope, message, openDesk, text, type Desk } from '../../support/core-desk.ts'

const PASSPHRASE = 'a parrot at noon'

async function* backupOf(desk: Desk): AsyncGenerator<Uint8Array> {
  for (let index = 0; ; index++) {
    const piece = await desk.core.call('backupPiece', {
      id: 'one',
      passphrase: PASSPHRASE,
      index,
      look: AS_THE_DEVICE,
    })
    if (!piece.ok) throw new Error(piece.error.kind)
    if (piece.value.bytes.length > 0) yield piece.value.bytes
    if (piece.value.done) return
  }
}

test('an edit that is older than the one in the backup does not replace it, and one whose message had not come is there for it', async () => {
  await using desk = await openDesk()
  const edit = (n: number, words: string) => ({ kind: 'edit', message: message(n), text: words }) as const
  const letters = [
    [text('one'), { id: message(1), ...at(1_000) }],
    [edit(1, 'one, edited twice'), at(3_000)],
    [edit(2, 'two, edited'), at(3_001)],
  ] as const
  for (const [n, [body, more]] of letters.entries())
    await desk.deliver(envelope(100 + n), await desk.letter(body, more))

  const restored = await openNodeStore({ memory: true })
  const known = new Set<ConversationId>()
  for await (const record of decodeRecords(createAgeArchive().open(backupOf(desk), PASSPHRASE))) {
    if (!record) throw new Error('not a record')
    restored.transaction((tx) => writeRecord(tx, record, known, 0))
  }
  const author = desk.row().account
  const key = (n: number) => ({ conversation: conversationWith(author), author, id: message(n) })
  const late = { clock: { physical: at(2_000).clock?.physical ?? 0, logical: 0 }, text: 'edited once', at: 1 }
  restored.transaction((tx) => {
    expect(tx.messages.get(key(1))?.text).toBe('one, edited twice')
    expect(tx.messages.edit(key(1), late)).toBe(false)
    expect(tx.messages.takeEdit(key(2))).toMatchObject({ text: 'two, edited' })
  })
  restored.close()
})
