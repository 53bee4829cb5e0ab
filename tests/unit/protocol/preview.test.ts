import { randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { notificationKeyFor } from '../../../src/protocol/notification-key.ts'
import { importRoot, openPreview, sealPreview } from '../../../src/protocol/preview.ts'
import type { AccountId, MessageId } from '../../../src/protocol/ids.ts'
import { LIMITS } from '../../../src/protocol/limits.ts'
import { newMessageId } from '../../../src/client/message-id.ts'

const [ana, bia, eve] = [randomUUID(), randomUUID(), randomUUID()] as AccountId[] as [
  AccountId,
  AccountId,
  AccountId,
]
const root = new Uint8Array(randomBytes(32))
const preview = (more: { messageId?: MessageId; text?: string; name?: string } = {}) => ({
  messageId: newMessageId(),
  name: 'Bia',
  text: 'Oi!',
  ...more,
})
/** Ana opens with the root; Bia seals with what Ana gave her. */
const sealed = (more = {}, sender = bia) => sealPreview(notificationKeyFor(root, bia), sender, preview(more))

describe('a preview', () => {
  test('is opened by whom it is for, who sees who wrote', async () => {
    const messageId = newMessageId()
    const opened = await openPreview(await importRoot(root), await sealed({ messageId, text: 'Vem? 🎉' }))
    expect(opened).toEqual({ sender: bia, messageId, name: 'Bia', text: 'Vem? 🎉' })
  })

  test('is of one length whatever it says, and fits into a deposit', async () => {
    const sizes = new Set<number>()
    for (const more of [
      {},
      { text: 'x'.repeat(60_000) },
      { name: '名'.repeat(64), text: '🎉'.repeat(5_000) },
    ])
      sizes.add((await sealed(more)).length)
    expect(sizes.size).toBe(1)
    expect([...sizes][0]).toBeLessThanOrEqual(LIMITS.previewBytes)
  })

  test('ends a long text between characters', async () => {
    for (const text of ['🎉'.repeat(5_000), `a${'🎉'.repeat(5_000)}`, 'ação'.repeat(5_000)]) {
      const opened = await openPreview(await importRoot(root), await sealed({ text }))
      expect(opened?.text.isWellFormed()).toBe(true)
      expect(text.startsWith(opened?.text ?? '?')).toBe(true)
      expect(new TextEncoder().encode(opened?.text).length).toBeGreaterThan(1_000)
    }
  })

  test('cannot be sealed in the name of another contact', async () => {
    // Eve is a contact, too: the shared half of her key is Bia's.
    const hers = notificationKeyFor(root, eve)
    expect(hers.subarray(0, 32)).toEqual(notificationKeyFor(root, bia).subarray(0, 32))
    const forged = await sealPreview(hers, bia, preview())
    expect(await openPreview(await importRoot(root), forged)).toBeUndefined()
    expect(await openPreview(await importRoot(root), await sealPreview(hers, eve, preview()))).toBeDefined()
  })

  test('opens with no other root, nor when it was touched', async () => {
    const good = await sealed()
    expect(await openPreview(await importRoot(randomBytes(32)), good)).toBeUndefined()
    const key = await importRoot(root)
    for (let at = 0; at < good.length; at += 37) {
      const bad = good.slice()
      bad[at] = (bad[at] ?? 0) ^ 1
      expect(await openPreview(key, bad), `byte ${at}`).toBeUndefined()
    }
    for (const size of [0, 1, 100, good.length - 1, good.length + 1])
      expect(await openPreview(key, new Uint8Array(size))).toBeUndefined()
  })

  test('says nothing of its sender to those without a key', async () => {
    const bytes = Buffer.from(await sealed()).toString('latin1')
    for (const account of [ana, bia])
      expect(bytes).not.toContain(Buffer.from(account.replaceAll('-', ''), 'hex').toString('latin1'))
  })
})

test('the root cannot be taken out of where the service worker finds it', async () => {
  const key = await importRoot(root)
  expect(key.extractable).toBe(false)
  await expect(crypto.subtle.exportKey('raw', key)).rejects.toThrow()
})
