import { toBinary, create, fromBinary } from '@bufbuild/protobuf'
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRelayApi } from '../../../src/adapters/network/relay-api.ts'
import type { RelayApi, RequestSigner } from '../../../src/core/ports/network.ts'
import { systemClock, systemRandom } from '../../../src/host/platform.ts'
import { toBase64Url } from '../../../src/lib/bytes.ts'
import { DepositSchema, MailboxPageSchema } from '../../../src/protocol/gen/wire_pb.js'
import { parseAccountId } from '../../../src/protocol/ids.ts'
import { LIMITS } from '../../../src/protocol/limits.ts'
import { sha256 } from '../../../src/protocol/sha256.ts'
import { PATIENCE } from '../../support/until.ts'
import { newDevice, preKeyUpload, type Device } from '../relay/kit/device.ts'
import { startTestRelay, type TestRelay } from '../relay/kit/relay.ts'

const newApi = (timeout = 10_000): RelayApi =>
  createRelayApi({ fetch, timeout, clock: systemClock, random: systemRandom })
const signerOf = ({ account, device, requestKey }: Device): RequestSigner => ({
  account,
  device,
  sign: requestKey.sign,
})
const done = { ok: true, value: null }
const failure = (reason: string) => ({ ok: false, error: { kind: 'network', reason } })

describe('against a real relay', () => {
  const api = newApi()
  let relay: TestRelay
  beforeAll(async () => {
    relay = await startTestRelay()
  })
  afterAll(() => relay[Symbol.asyncDispose]())

  /** A device that has registered and left its keys, all through the API. */
  const ready = async (): Promise<{ device: Device; signer: RequestSigner }> => {
    const device = await newDevice(relay.url)
    const signer = signerOf(device)
    const registration = {
      accountId: device.account,
      deviceId: device.device,
      requestKey: toBase64Url(device.requestKey.publicKey),
      publishKey: toBase64Url(device.publishKey.publicKey),
    }
    for (let turn = 0; turn < 2; turn++)
      expect(await api.register(relay.url, signer, registration)).toEqual({ ok: true, value: 'registered' })
    const keys = [
      { hash: toBase64Url(sha256(device.deliveryKey)), kind: 'delivery' as const, expiresAt: null },
    ]
    expect(await api.putKeys(relay.url, signer, { keys })).toEqual(done)
    return { device, signer }
  }

  test('says who it is', async () => {
    const info = await api.info(relay.url)
    expect(info).toMatchObject({ ok: true, value: { peerId: relay.relay().peerId } })
  })

  test('keeps a device list, the newest alone', async () => {
    const { device, signer } = await ready()
    const [first, second] = [await device.record(1), await device.record(2)]
    expect(await api.getList(relay.url, device.locator)).toEqual(failure('not-found'))
    expect(await api.putList(relay.url, signer, device.locator, second)).toEqual(done)
    expect(await api.putList(relay.url, signer, device.locator, first)).toEqual(failure('refused'))
    expect(await api.getList(relay.url, device.locator)).toEqual({ ok: true, value: second })
  })

  test('gives an endpoint to who holds the delivery key', async () => {
    const { device, signer } = await ready()
    const sealed = new Uint8Array(randomBytes(100))
    expect(await api.putEndpoint(relay.url, signer, sealed)).toEqual(done)
    const found = await api.getEndpoints(relay.url, device.account, device.deliveryKey)
    expect(found).toEqual({ ok: true, value: [{ device: device.device, sealed }] })
    expect(await api.getEndpoints(relay.url, device.account, randomBytes(32))).toMatchObject({ ok: false })
    expect(await api.removeEndpoint(relay.url, signer)).toEqual(done)
    expect(await api.getEndpoints(relay.url, device.account, device.deliveryKey)).toEqual({
      ok: true,
      value: [],
    })
  })

  test('hands out prekeys', async () => {
    const { device, signer } = await ready()
    const counts = { ok: true, value: { preKeys: 3, kyberPreKeys: 3 } }
    expect(await api.putPreKeys(relay.url, signer, preKeyUpload(1, 3))).toEqual(counts)
    expect(await api.preKeyCounts(relay.url, signer)).toEqual(counts)
    const claimed = await api.claimPreKeys(relay.url, device.account, device.deliveryKey)
    expect(claimed).toMatchObject({ ok: true, value: { devices: [{ deviceId: 1, preKey: {} }] } })
    expect(await api.preKeyCounts(relay.url, signer)).toMatchObject({ value: { preKeys: 2 } })
  })

  test('takes a deposit, gives it back and forgets it when acknowledged', async () => {
    const { device, signer } = await ready()
    const id = new Uint8Array(randomBytes(16))
    const entries = [{ deviceId: device.device, envelope: { id, body: new Uint8Array(500) } }]
    const deposit = toBinary(DepositSchema, create(DepositSchema, { entries }))
    expect(await api.deposit(relay.url, device.account, device.deliveryKey, deposit)).toEqual({
      ok: true,
      value: { stored: 1, forwarded: 0 },
    })
    const page = await api.fetchMailbox(relay.url, signer)
    if (!page.ok) throw new Error(page.error.reason)
    const { deliveries } = fromBinary(MailboxPageSchema, page.value)
    expect(deliveries.map(({ envelope }) => envelope?.id)).toEqual([id])
    expect(await api.acknowledge(relay.url, signer, [Buffer.from(id).toString('hex')])).toEqual(done)
    const empty = await api.fetchMailbox(relay.url, signer)
    expect(empty.ok && fromBinary(MailboxPageSchema, empty.value).deliveries).toEqual([])
  })

  test('takes a page that is as full as one may be, and the rest after it', async () => {
    const { device, signer } = await ready()
    const body = new Uint8Array(LIMITS.pageBytes / LIMITS.pageDeliveries)
    const deposit = (count: number) => {
      const entries = Array.from({ length: count }, () => ({
        deviceId: device.device,
        envelope: { id: new Uint8Array(randomBytes(16)), body },
      }))
      const bytes = toBinary(DepositSchema, create(DepositSchema, { entries }))
      return api.deposit(relay.url, device.account, device.deliveryKey, bytes)
    }
    for (let count = 0; count < LIMITS.pageDeliveries; count += LIMITS.depositEntries)
      expect(await deposit(LIMITS.depositEntries)).toMatchObject({ ok: true })
    expect(await deposit(1)).toMatchObject({ ok: true })
    const page = await api.fetchMailbox(relay.url, signer)
    if (!page.ok) throw new Error(page.error.reason)
    const { deliveries, more } = fromBinary(MailboxPageSchema, page.value)
    expect([deliveries.length, more]).toEqual([LIMITS.pageDeliveries, true])

    const ids = deliveries.map(({ envelope }) => Buffer.from(envelope?.id ?? []).toString('hex'))
    for (let from = 0; from < ids.length; from += LIMITS.receiptIds)
      expect(await api.acknowledge(relay.url, signer, ids.slice(from, from + LIMITS.receiptIds))).toEqual(
        done
      )
    const rest = await api.fetchMailbox(relay.url, signer)
    const last = rest.ok && fromBinary(MailboxPageSchema, rest.value)
    expect(last && [last.deliveries.length, last.more]).toEqual([1, false])
  })

  test('tells a depositor of a newer device list', async () => {
    const { device, signer } = await ready()
    const record = await device.record(7)
    expect(await api.putList(relay.url, signer, device.locator, record)).toEqual(done)
    const entries = [
      { deviceId: device.device, envelope: { id: new Uint8Array(16), body: new Uint8Array(1) } },
    ]
    const deposit = toBinary(DepositSchema, create(DepositSchema, { entries, listRevision: 3n }))
    const answer = await api.deposit(relay.url, device.account, device.deliveryKey, deposit)
    expect(answer).toEqual({ ok: true, value: { stale: record } })
  })

  test('refuses a device that it does not know', async () => {
    const signer = signerOf(await newDevice(relay.url))
    expect(await api.fetchMailbox(relay.url, signer)).toEqual(failure('refused'))
  })
})

describe('against servers that misbehave', () => {
  const account = parseAccountId('11111111-2222-8333-8444-555555555555')!
  const serve = async (listener: RequestListener): Promise<AsyncDisposable & { origin: string }> => {
    const server = createServer(listener).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    return {
      origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      [Symbol.asyncDispose]: async () => {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      },
    }
  }

  test('keyed requests carry the key and nothing of the sender', async () => {
    const seen: { url: string | undefined; headers: IncomingHttpHeaders }[] = []
    await using server = await serve((request, response) => {
      seen.push({ url: request.url, headers: request.headers })
      response.setHeader('set-cookie', 'who=me')
      response.end('{"stored":1,"forwarded":0}')
    })
    const key = new Uint8Array(32).fill(7)
    await newApi().deposit(server.origin, account, key, new Uint8Array(3))
    await newApi().deposit(server.origin, account, key, new Uint8Array(3))
    expect(seen).toHaveLength(2)
    for (const { url, headers } of seen) {
      expect(url).toBe(`/v1/mailboxes/${account}`)
      expect(headers['mepassa-key']).toBe(toBase64Url(key))
      for (const name of ['cookie', 'referer', 'authorization', 'signature', 'signature-input', 'origin']) {
        expect(headers[name]).toBeUndefined()
      }
    }
  })

  test.each<[string, RequestListener, string]>([
    ['that is no relay', (_, response) => response.end('<html>'), 'refused'],
    ['that answers with another form', (_, response) => response.end('{"stored":"many"}'), 'refused'],
    [
      'that redirects',
      (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      'relay-unreachable',
    ],
    ['that never stops', (_, response) => void response.write('x'.repeat(300_000)), 'refused'],
    ['that never answers', () => undefined, 'timeout'],
    ['that hangs up', (request) => void request.socket.destroy(), 'relay-unreachable'],
    ['that is full', (_, response) => response.writeHead(413).end(), 'quota'],
    ['that is busy', (_, response) => response.writeHead(429).end(), 'rate-limited'],
    ['that broke', (_, response) => response.writeHead(500).end(), 'relay-unreachable'],
  ])('one %s', async (_name, listener, reason) => {
    await using server = await serve(listener)
    const api = newApi(reason === 'timeout' ? 700 : PATIENCE)
    expect(await api.deposit(server.origin, account, new Uint8Array(32), new Uint8Array(1))).toEqual(
      failure(reason)
    )
  })

  test.each([
    'http://example.com',
    'https://user@example.com',
    'https://example.com/path',
    'file:///etc',
    'nonsense',
  ])('an origin like %s is not asked', async (origin) => {
    expect(await newApi().info(origin)).toEqual(failure('refused'))
  })
})
