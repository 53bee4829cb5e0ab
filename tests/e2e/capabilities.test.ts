/** What a browser or an address cannot give is said on a page of its own, with what to do: taken away for real, before the app starts. */
import type { Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensureBuilt } from '../../scripts/lib/build.ts'
import { openBrowser, type PersonBrowser } from '../support/browser.ts'
import { newFolder, type Folder } from '../support/profile.ts'
import { startRelayProcess, type RelayProcess } from '../support/relay-process.ts'
import english from '../../messages/en.json' with { type: 'json' }

/** A name that leads to this machine and is no secure address: plain HTTP to another host. */
const ELSEWHERE = 'relay.example.org'

const folders: Folder[] = []
let relay: RelayProcess
let browser: PersonBrowser

beforeAll(async () => {
  if (!(await ensureBuilt())) throw new Error('The page does not build.')
  const folder = async (name: string): Promise<string> => {
    const made = await newFolder(name)
    folders.push(made)
    return made.path
  }
  relay = await startRelayProcess({ dataDir: await folder('relay') })
  browser = await openBrowser({
    profile: await folder('incapable'),
    baseURL: relay.url,
    flags: [`--host-resolver-rules=MAP ${ELSEWHERE} 127.0.0.1`],
  })
})

afterAll(async () => {
  await browser.close()
  await relay.stop()
  for (const folder of folders) await folder[Symbol.asyncDispose]()
})

/** Opens the app in a tab prepared so; answers what the page says is missing. */
const missingAfter = async (prepare: (page: Page) => Promise<unknown>, address = '/'): Promise<string[]> => {
  const page = await browser.context.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  await prepare(page)
  await page.goto(address)
  await page.getByTestId('boot-unsupported').waitFor()
  const told = await page.getByTestId('boot-unsupported').locator('li').allInnerTexts()
  const advice = address.includes(ELSEWHERE) ? english.unsupported_do_address : english.unsupported_do_browser
  await page.getByTestId('boot-unsupported').getByText(advice).waitFor()
  expect(await page.getByTestId('name-input').count()).toBe(0)
  expect(errors).toEqual([])
  await page.close()
  return told
}

test.each([
  ['WebCrypto', english.missing_webcrypto, () => Reflect.deleteProperty(Crypto.prototype, 'subtle')],
  [
    'the curves of WebCrypto',
    english.missing_webcrypto,
    () => {
      const generateKey = SubtleCrypto.prototype.generateKey
      SubtleCrypto.prototype.generateKey = function (this: SubtleCrypto, ...how: unknown[]) {
        const { name } = how[0] as { readonly name: string }
        if (name === 'X25519') return Promise.reject(new DOMException('unknown', 'NotSupportedError'))
        return Reflect.apply(generateKey, this, how) as never
      } as typeof generateKey
    },
  ],
  [
    'the private file system',
    english.missing_opfs,
    () => Reflect.deleteProperty(StorageManager.prototype, 'getDirectory'),
  ],
  ['locks', english.missing_locks, () => Reflect.deleteProperty(Navigator.prototype, 'locks')],
  ['workers', english.missing_workers, () => Reflect.deleteProperty(window, 'Worker')],
  ['WebAssembly', english.missing_wasm, () => Reflect.deleteProperty(window, 'WebAssembly')],
] as const)('without %s', async (_, sentence, take) => {
  expect(await missingAfter((page) => page.addInitScript(take))).toEqual([sentence])
})

test('a worker without sync handles, as in private windows of some browsers', async () => {
  // An address of its own, where no service worker of an earlier page brings the worker from its cache.
  const told = await missingAfter(
    (page) =>
      page.route('**/core.worker-*.js', async (route) => {
        const response = await route.fetch()
        const body = `delete FileSystemFileHandle.prototype.createSyncAccessHandle;\n${await response.text()}`
        await route.fulfill({ response, body })
      }),
    `http://127.0.0.1:${relay.port}/`
  )
  expect(told).toEqual([english.missing_opfs])
})

test('an address that is not secure: that alone is said, and which address would do', async () => {
  const told = await missingAfter(() => Promise.resolve(), `http://${ELSEWHERE}:${relay.port}/`)
  expect(told).toEqual([english.missing_secure_context])
})
