/** Each time a page is written it gets a nonce of its own, also the same page again. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openNodeDriver } from '../../../src/adapters/storage/node-driver.ts'
import { createStore } from '../../../src/adapters/storage/store.ts'
import { newFolder } from '../../support/profile.ts'
import { message, WITH_ANA } from '../../contract/storage/samples.ts'

const HEADER = 32
const FRAME_HEADER = 24
const PAGE = 4_096
/** A page ends with its nonce and its tag, 16 bytes each. */
const [NONCE, TAG] = [PAGE - 32, PAGE - 16]

test('no two pages in the log share a nonce, though the same ones are written over and over', async () => {
  await using folder = await newFolder('nonces')
  const path = join(folder.path, 'a.db')
  const store = createStore(openNodeDriver(path, 'ab'.repeat(32)))
  store.transaction((tx) => tx.conversations.put({ id: WITH_ANA, draft: '', activeAt: 0 }))
  for (let n = 0; n < 60; n++) {
    store.transaction((tx) => void tx.messages.insert(message(n)))
    // The content of that page is what it was two writes before.
    store.transaction((tx) => tx.conversations.put({ id: WITH_ANA, draft: n % 2 ? 'a' : 'b', activeAt: 0 }))
  }
  const log = await readFile(`${path}-wal`)
  const frames = Array.from({ length: Math.floor((log.length - HEADER) / (FRAME_HEADER + PAGE)) }, (_, n) => {
    const at = HEADER + n * (FRAME_HEADER + PAGE)
    const page = log.subarray(at + FRAME_HEADER, at + FRAME_HEADER + PAGE)
    return {
      number: log.readUInt32BE(at),
      nonce: page.toString('hex', NONCE, TAG),
      body: page.toString('hex', 0, NONCE),
    }
  })
  store.close()
  expect(frames.length).toBeGreaterThan(300)
  expect(new Set(frames.map(({ number }) => number)).size).toBeLessThan(frames.length / 4)
  expect(new Set(frames.map(({ nonce }) => nonce)).size).toBe(frames.length)
  expect(new Set(frames.map(({ body }) => body)).size).toBe(frames.length)
})
