/** The browser's engine opens what the first version wrote, takes it through every migration, reads and searches it. */
import { expect, test } from 'vitest'
import oldest from '../../unit/storage/old-files/version-1.db?url'
import { OLD_FILE_KEY } from '../../unit/storage/old-file-key.ts'
import { startStoreWorker } from './store-worker.ts'

test('a file of the first version opens with its messages, which are found', async () => {
  const content = new Uint8Array(await (await fetch(oldest)).arrayBuffer())
  const name = `old-${crypto.randomUUID()}`
  using worker = startStoreWorker()
  await worker.call('openFile', name, content, OLD_FILE_KEY)
  const texts = ['Até amanhã, João', '👩‍👩‍👧 漢字', 'contact-accepted']
  expect(await worker.call('texts', name)).toEqual(texts)
  expect(await worker.call('found', name, 'joao')).toBe(1)
  expect(await worker.call('found', name, '漢')).toBe(1)
  await worker.call('close', name)
})
