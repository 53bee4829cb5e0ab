/**
 * Every operation of the API, with bodies made from its own schema: right ones, nearly right ones and junk, with good and bad
 * credentials. Whatever comes, the answer is one that the OpenAPI document promises, and the process does not grow.
 */
import { readFile } from 'node:fs/promises'
import type { DescMessage } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as v from 'valibot'
import { OPERATIONS, type Content, type Operation } from '../../../relay-server/http/operations.ts'
import { toBase64Url, utf8 } from '../../../src/lib/bytes.ts'
import { OFFSET_HEADER, UPLOAD_TOKEN_HEADER } from '../../../src/protocol/blobs.ts'
import { SealedListRecordSchema } from '../../../src/protocol/gen/identity_pb.js'
import { DepositSchema, FanOutSchema } from '../../../src/protocol/gen/wire_pb.js'
import { sha256 } from '../../../src/protocol/sha256.ts'
import { KEY_HEADER, RelayErrorSchema } from '../../../src/protocol/relay-api.ts'
import { fitting, nearly } from '../../support/arbitrary-json.ts'
import { nearlyMessage } from '../../support/arbitrary-protobuf.ts'
import { jsonSchemaOf } from '../../support/openapi.ts'
import { newFolder, type Folder } from '../../support/profile.ts'
import { startRelayProcess, type RelayProcess } from '../../support/relay-process.ts'
import { until } from '../../support/until.ts'
import { depositBody, fetchWire, newDevice, type Device, type Wire } from './kit/device.ts'
import { fanOut } from './kit/fan-out.ts'

const RUNS = 40
/** A good body of each message that is taken, and its schema. */
let messages: Readonly<Record<string, { readonly schema: DescMessage; readonly good: Uint8Array }>>
const MIB = 1024 * 1024
/** What the process may take more of the system with thousands of requests, when each thread has let go of its garbage. */
const GROWTH = 16 * MIB
/** A leak of so many bytes a request is found out. */
const LEAK = 1_024
/** Requests of a volley, at least. */
const VOLLEY = RUNS * OPERATIONS.length
/**
 * What the relay's threads may hold more, all garbage gone, after two volleys beside the two before: nonces of signed requests, which are remembered
 * for minutes, are a tenth of it.
 */
const HELD = 2 * VOLLEY * LEAK
const COUNTING = `--expose-gc --import=${new URL('../../support/heap-on-signal.ts', import.meta.url).href}`

let folder: Folder
let relay: RelayProcess
let ana: Device
const uploadToken = new Uint8Array(32).fill(9)

beforeAll(async () => {
  folder = await newFolder('fuzz')
  // Requests say which address they come from, so that no limit keeps them out.
  relay = await startRelayProcess({
    dataDir: folder.path,
    env: { TRUST_PROXY: '1', LOG_LEVEL: 'error', WEBRTC_PORT: 'off', NODE_OPTIONS: COUNTING },
  })
  ana = await newDevice(relay.url)
  await ana.ready()
  messages = {
    Deposit: { schema: DepositSchema, good: depositBody([{}, { preview: new Uint8Array(20) }]) },
    FanOut: { schema: FanOutSchema, good: fanOut([{ account: ana.account, key: ana.deliveryKey }]) },
    SealedListRecord: { schema: SealedListRecordSchema, good: await ana.record(1) },
  }
  const token = { hash: toBase64Url(sha256(uploadToken)) }
  expect((await ana.send('PUT', '/v1/upload-tokens', token)).status).toBe(200)
}, 60_000)
afterAll(async () => {
  await relay.stop()
  await folder[Symbol.asyncDispose]()
})

const bodyOf = (content: Content | undefined): fc.Arbitrary<Uint8Array | undefined> => {
  const junk = fc.uint8Array({ maxLength: 300 })
  if (!content) return fc.option(junk, { nil: undefined, freq: 2 })
  if (content.kind === 'json') {
    const schema = jsonSchemaOf(content.schema)
    const text = fc.oneof(fitting(schema), nearly(schema)).map((value) => utf8(JSON.stringify(value)))
    return fc.oneof({ weight: 8, arbitrary: text }, { weight: 1, arbitrary: junk })
  }
  if (content.kind !== 'protobuf') return junk
  const message = messages[content.message]
  if (!message) throw new Error(`there is no good ${content.message} here`)
  const { schema, good } = message
  return fc.oneof(
    { weight: 1, arbitrary: junk },
    { weight: 2, arbitrary: fc.constant(good) },
    { weight: 6, arbitrary: nearlyMessage(schema, good) }
  )
}
const parameter = (): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constant(ana.account),
    fc.constant(ana.locator),
    fc.uuid(),
    fc.constantFrom('%00', '%ff', 'ab'.repeat(32), '..', '%2e%2e%2f', 'x'.repeat(300)),
    fc.string({ maxLength: 40 }).map(encodeURIComponent)
  )

interface Shot {
  readonly path: string
  readonly body: Uint8Array | undefined
  readonly credential: 'good' | 'spoiled' | 'none'
  readonly address: number
  readonly query: string
}

const shotsOf = ({ path, body }: Operation): fc.Arbitrary<Shot> =>
  fc.record({
    path: parameter().map((value) => path.replace(/:\w+/, value)),
    body: bodyOf(body),
    credential: fc.constantFrom('good', 'good', 'good', 'spoiled', 'none'),
    address: fc.nat({ max: 200 }),
    query: fc.constantFrom('', '', '?', '?a=b', '?__proto__=1'),
  })

const wireOf = async (operation: Operation, shot: Shot): Promise<Wire> => {
  const { credential } = operation
  const method = operation.method.toUpperCase()
  const path = shot.path + shot.query
  const wire: Wire =
    credential === 'signed' && shot.credential !== 'none'
      ? await ana.signed(method, path, shot.body)
      : { method, url: relay.url + path, headers: {}, body: shot.body }
  if (credential === 'keyed' && shot.credential !== 'none')
    wire.headers[KEY_HEADER] = toBase64Url(ana.deliveryKey)
  if (credential === 'upload' && shot.credential !== 'none') {
    wire.headers[UPLOAD_TOKEN_HEADER] = toBase64Url(uploadToken)
    wire.headers[OFFSET_HEADER] = '0'
  }
  if (shot.credential === 'spoiled')
    for (const name of Object.keys(wire.headers))
      wire.headers[name] = wire.headers[name]?.replace(/.$/, '~') ?? ''
  wire.headers['x-forwarded-for'] = `198.51.100.${shot.address}`
  if (method === 'GET' || method === 'HEAD') wire.body = undefined
  return wire
}

/** Whether an answer is one that the document promises. */
const isPromised = async (operation: Operation, response: Response): Promise<boolean> => {
  const { status } = response
  const bytes = new Uint8Array(await response.arrayBuffer())
  if (operation.method === 'head') return status in operation.answers || (status >= 400 && status < 500)
  if (status in operation.answers) {
    const content = operation.answers[status]
    if (content?.kind === 'json') return v.is(content.schema, JSON.parse(Buffer.from(bytes).toString()))
    return true
  }
  return status >= 400 && status < 500 && v.is(RelayErrorSchema, JSON.parse(Buffer.from(bytes).toString()))
}

const residentBytes = async (): Promise<number> => {
  const status = await readFile(`/proc/${relay.pid()}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024
}

/** What a process holds when its threads have thrown away what they can. */
const heldBytes = async (counted: RelayProcess): Promise<number> => {
  const told = (): RegExpMatchArray[] => [...counted.log().matchAll(/^heap (\d+)$/gm)]
  const before = told().length
  process.kill(counted.pid(), 'SIGUSR2')
  await until('it has counted', () => told().length > before)
  return Number(told().at(-1)?.[1])
}

const fire = async (operation: Operation): Promise<void> => {
  // A shot at the keys may have put others in their place.
  expect((await ana.putKeys()).status).toBe(204)
  await fc.assert(
    fc.asyncProperty(shotsOf(operation), async (shot) => {
      const response = await fetchWire(await wireOf(operation, shot))
      expect(await isPromised(operation, response)).toBe(true)
    }),
    { numRuns: RUNS }
  )
}

describe('every operation answers as promised', () => {
  test.each(OPERATIONS)('$method $path', fire)
})

test('good bodies do get through: the shots hit what they aim at', async () => {
  const registration = OPERATIONS.find(({ path, method }) => path === '/v1/keys' && method === 'put')
  if (registration?.body?.kind !== 'json') throw new Error('there is no such operation')
  const [value] = fc.sample(fitting(jsonSchemaOf(registration.body.schema)), { numRuns: 1, seed: 7 })
  expect((await ana.send('PUT', '/v1/keys', value as object)).status).toBe(204)
  expect((await ana.putKeys()).status).toBe(204)
  const record = await ana.send('PUT', `/v1/lists/${ana.locator}`, await ana.record(2))
  const fannedOut = await ana.send('POST', '/v1/mailboxes', messages['FanOut']?.good)
  expect([record.status, fannedOut.status]).toEqual([204, 200])
})

test('after thousands of them the relay is no larger, and holds no more than before', async () => {
  const volleys = async () => {
    for (const operation of [...OPERATIONS, ...OPERATIONS]) await fire(operation)
    return { held: await heldBytes(relay), resident: await residentBytes() }
  }
  let before = await volleys()
  let growth = Infinity
  // On a busy machine it gives back late what it has no more use for, and looks larger. What leaks makes it larger each time.
  for (let pairs = 0; pairs < 3 && growth >= GROWTH; pairs++) {
    const after = await volleys()
    expect(after.held - before.held).toBeLessThan(HELD)
    growth = after.resident - before.resident
    before = after
  }
  expect(growth).toBeLessThan(GROWTH)
  expect((await fetch(`${relay.url}/readyz`)).status).toBe(200)
  expect(relay.log()).not.toContain('request-failed')
})

test.each(['main', 'workers'])(
  'a relay that left a little behind with each request in its %s would be found out',
  async (thread) => {
    await using other = await newFolder('leaks')
    const env = { LOG_LEVEL: 'error', WEBRTC_PORT: 'off', NODE_OPTIONS: COUNTING, LEAK: `${thread}:${LEAK}` }
    const leaking = await startRelayProcess({ dataDir: other.path, env })
    const first = await heldBytes(leaking)
    for (let count = 0; count < 2 * VOLLEY; count++) await (await fetch(`${leaking.url}/healthz`)).text()
    expect((await heldBytes(leaking)) - first).toBeGreaterThanOrEqual(HELD)
    await leaking.stop()
  }
)
