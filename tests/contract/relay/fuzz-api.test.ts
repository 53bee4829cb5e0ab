/** Whatever is sent to the API, it answers with a typed refusal: no 5xx, nothing stored. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as v from 'valibot'
import { own, toBase64Url } from '../../../src/lib/bytes.ts'
import { KEY_HEADER, RELAY_PATHS, RelayErrorSchema } from '../../../src/protocol/relay-api.ts'
import { fetchWire, newDevice, type Device } from './kit/device.ts'
import { startTestRelay, type TestRelay } from './kit/relay.ts'

const RUNS = 1_000
const MANY = { points: 1_000_000, per: 60_000 }
const rates = {
  requests: MANY,
  registrations: MANY,
  deposits: MANY,
  fanOuts: MANY,
  newLists: MANY,
  beginnings: MANY,
  claims: MANY,
  requestKeyClaims: MANY,
  upgrades: MANY,
  signIns: MANY,
  uploadTokens: MANY,
  subscriptions: MANY,
  renewals: MANY,
  pushes: MANY,
}
let relay: TestRelay
let ana: Device

beforeAll(async () => {
  relay = await startTestRelay({ limits: { rates } })
  ana = await newDevice(relay.url)
  await ana.ready()
})
afterAll(() => relay[Symbol.asyncDispose]())

const isTyped = async (response: Response): Promise<boolean> => {
  if (response.status >= 500) return false
  if (response.status < 400) return true
  return v.safeParse(RelayErrorSchema, await response.json()).success
}

const text = fc.string({ unit: 'grapheme', maxLength: 80 })
const path = fc.oneof(
  fc.constantFrom(...Object.values(RELAY_PATHS)).map((one) => one.replace(/:\w+/, ana.account)),
  fc
    .tuple(fc.constantFrom(...Object.values(RELAY_PATHS)), text)
    .map(([one, part]) => one.replace(/:\w+/, encodeURIComponent(part))),
  text.map((part) => `/v1/${encodeURIComponent(part)}`),
  fc.constant('/v1/lists/%'),
  fc.constant('/v1/mailboxes/%00')
)
const method = fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH')
const body = fc.oneof(
  fc.uint8Array({ maxLength: 600 }),
  fc.json({ maxDepth: 4 }).map((json) => new TextEncoder().encode(json)),
  fc.constant(new Uint8Array())
)
const headerValue = fc.string({ unit: fc.constantFrom(...'aZ0-_.:;=",() \t?@/'), maxLength: 120 })
const headers = fc.record(
  {
    [KEY_HEADER]: fc.oneof(
      headerValue,
      fc.constant('').map(() => toBase64Url(ana.deliveryKey))
    ),
    signature: headerValue,
    'signature-input': fc.oneof(
      headerValue,
      fc.constant('mepassa=("@method");created=1;keyid="x";nonce="y"')
    ),
    'content-digest': headerValue,
    'content-type': fc.constantFrom(
      'application/json',
      'application/x-protobuf',
      'text/plain',
      'x',
      'multipart/form-data; boundary=x'
    ),
    accept: fc.constantFrom('text/html', '*/*'),
  },
  { requiredKeys: [] }
)

test('unsigned requests of any shape', async () => {
  await fc.assert(
    fc.asyncProperty(method, path, headers, body, async (how, where, what, bytes) => {
      const sent =
        how === 'GET' || how === 'HEAD' || how === 'OPTIONS' || bytes.length === 0 ? {} : { body: own(bytes) }
      const response = await fetch(relay.url + where, { method: how, headers: what, ...sent })
      if (how === 'HEAD') expect(response.status).toBeLessThan(500)
      else expect(await isTyped(response)).toBe(true)
    }),
    { numRuns: RUNS }
  )
})

test('signed requests with bodies of any shape', async () => {
  const signedRoutes = fc.constantFrom(
    ['POST', '/v1/devices'],
    ['PUT', '/v1/prekeys'],
    ['PUT', '/v1/keys'],
    ['POST', '/v1/mailbox/ack'],
    ['PUT', `/v1/lists/${'ab'.repeat(32)}`]
  )
  const almost = fc.record({
    accountId: fc.oneof(text, fc.constant(ana.account)),
    deviceId: fc.oneof(fc.integer(), fc.double(), text),
    keys: fc.array(
      fc.record({
        hash: text,
        kind: fc.constantFrom('delivery', 'request', 'x'),
        expiresAt: fc.oneof(fc.integer(), fc.constant(null)),
      })
    ),
    ids: fc.array(fc.oneof(text, fc.constant('ab'.repeat(16)))),
    preKeys: fc.array(fc.object({ maxDepth: 1 })),
  })
  await fc.assert(
    fc.asyncProperty(signedRoutes, fc.oneof(body, almost), async ([how = '', where = ''], what) => {
      const response = await fetchWire(await ana.signed(how, where, what))
      expect(await isTyped(response)).toBe(true)
    }),
    { numRuns: RUNS }
  )
  expect((await fetch(`${relay.url}/v1/lists/${'ab'.repeat(32)}`)).status).toBe(404)
  expect(await (await ana.send('GET', '/v1/prekeys')).json()).toEqual({ preKeys: 0, kyberPreKeys: 0 })
})

test('deposits of any bytes store nothing that is not a deposit', async () => {
  await ana.putKeys()
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 400 }), async (bytes) => {
      const response = await fetch(`${relay.url}/v1/mailboxes/${ana.account}`, {
        method: 'POST',
        headers: { [KEY_HEADER]: toBase64Url(ana.deliveryKey) },
        body: own(bytes),
      })
      expect(await isTyped(response)).toBe(true)
      expect(response.status).toBeGreaterThanOrEqual(400)
    }),
    { numRuns: RUNS }
  )
  expect((await ana.fetchMailbox()).deliveries).toEqual([])
})
