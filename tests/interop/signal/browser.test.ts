import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowserBridge, type BrowserBridge } from './browser-bridge.ts'
import { asText, createParty, utf8, type Peer, type Wire } from './party.ts'
import { seededRandom } from './schedule.ts'
import { ProtocolAddress } from '../../../src/signal/index.ts'
import { checkSignalBundle } from '../../../vite/signal-bundle.ts'

const ALICE = '9d0652a3-dcc3-4d11-975f-74d61598733f'
const BOB = '796abedb-ca4e-4f18-8803-1fde5b921f9f'
const MINUTE = 60_000
let browser: BrowserBridge

beforeAll(async () => {
  browser = await openBrowserBridge()
}, MINUTE)
afterAll(() => browser.close())

/** The party in the browser, as the official library's side needs it. */
const remote = (name: string): Peer => ({
  address: ProtocolAddress.new(BOB, 2),
  publish: () => browser.call('publish', name),
})

describe.each(['webcrypto', 'pure'] as const)('in a Chromium worker, %s', (provider) => {
  test('a transcript that the official library wrote', async () => {
    const name = `transcript ${provider}`
    await browser.call('create', name, BOB, 2, provider)
    const alice = createParty('official', ALICE)
    await alice.begin(remote(name))
    const wires: Wire[] = []
    for (let i = 0; i < 40; i++) wires.push(await alice.encrypt(remote(name), utf8(`message ${i}`)))
    for (const i of wires.keys()) {
      const place = (i * 7) % wires.length
      const { type, bytes } = wires[place] as Wire
      expect(await browser.call('decrypt', name, ALICE, 1, type, bytes)).toBe(`message ${place}`)
    }
  })

  test('live, through the bridge, whoever begins', async () => {
    for (const isBrowserFirst of [true, false]) {
      const name = `live ${provider} ${isBrowserFirst}`
      const random = seededRandom(isBrowserFirst ? 5 : 6)
      await browser.call('create', name, BOB, 2, provider)
      const alice = createParty('official', ALICE)
      if (isBrowserFirst) await browser.call('begin', name, ALICE, 1, await alice.publish())
      else await alice.begin(remote(name))
      let isFromBrowser = isBrowserFirst
      for (let i = 0; i < 250; i++) {
        // The very first message must arrive: the other side has no session before.
        const isLost = i > 0 && random() < 0.1
        const text = `message ${i}`
        if (isFromBrowser) {
          const wire = await browser.call('encrypt', name, ALICE, 1, text)
          if (!isLost) expect(asText(await alice.decrypt(remote(name), wire))).toBe(text)
        } else {
          const { type, bytes } = await alice.encrypt(remote(name), utf8(text))
          if (!isLost) expect(await browser.call('decrypt', name, ALICE, 1, type, bytes)).toBe(text)
        }
        if (random() < 0.6) isFromBrowser = !isFromBrowser
      }
    }
  })
})

test('the module with its primitives keeps to its budget, without wasm or eval', async () => {
  expect(await checkSignalBundle()).not.toMatch(/WebAssembly|\beval\(|new Function\(/)
})
