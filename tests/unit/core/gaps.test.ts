/** What does not decrypt: a gap for what a person would miss, silence for the rest, and a bound on asking. */
import { expect, test } from 'vitest'
import { silentRelays, envelope, message, openDesk, text } from '../../support/core-desk.ts'
import { startSession } from '../../support/crypto-party.ts'

/** Letters in a session that Ana does not know any more. */
const broken = async (desk: Awaited<ReturnType<typeof openDesk>>): Promise<void> => {
  await desk.deliver(envelope(900), await desk.letter(text('before')))
  desk.ana.store.transaction((tx) => tx.signal.removeSession(`${desk.row().account}.1`))
}

test('a text leaves a gap; receipts, profiles and the like leave none', async () => {
  await using desk = await openDesk()
  await broken(desk)
  const receipt = await desk.letter({ kind: 'receipt', receipt: 'read', ids: [message(1)] })
  const lost = await desk.letter(text('lost'))
  await desk.deliver(envelope(1), receipt)
  expect(desk.texts()).toEqual(['before'])
  await desk.deliver(envelope(2), lost)
  expect(desk.texts()).toEqual(['before', null])
})

test('an envelope is asked for three times at most, however often it comes', async () => {
  let asked = 0
  await using desk = await openDesk(
    silentRelays({
      deposit: async () => {
        asked++
        return { ok: true, value: { stored: 1, forwarded: 0 } }
      },
    })
  )
  await broken(desk)
  const lost = await desk.letter(text('lost'))
  const before = asked
  for (let n = 0; n < 6; n++) await desk.deliver(envelope(1), lost)
  expect(asked - before).toBe(3)
  expect(desk.texts()).toEqual(['before', null])
})

test('what is sent again takes the place of every envelope that failed before it', async () => {
  await using desk = await openDesk()
  await broken(desk)
  await desk.deliver(envelope(1), await desk.letter(text('hello')))
  await desk.deliver(envelope(2), await desk.letter(text('hello')))
  expect(desk.texts()).toEqual(['before', null, null])
  await startSession(desk.bia, desk.ana)
  const again = await desk.letter(text('hello'), { replaces: [envelope(1), envelope(2)] })
  await desk.deliver(envelope(3), again)
  expect(desk.texts()).toEqual(['before', 'hello'])
  expect(desk.read((tx) => tx.conversations.get(desk.row().account as never)?.unread)).toBe(2)
})
