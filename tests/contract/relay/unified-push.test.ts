/** A UnifiedPush server of one's own, at an address that is not public: once it is excepted, a push service as any other. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readConfig } from '../../../relay-server/config.ts'
import { toBase64Url } from '../../../src/lib/bytes.ts'
import { Wake } from '../../../src/protocol/gen/wire_pb.js'
import { startPushServer, subscribe, type TestSubscription } from '../../support/push-service.ts'
import { until } from '../../support/until.ts'
import { codeOf, deposit, depositBody, newDevice, type Device } from './kit/device.ts'
import { startTestRelay, type TestRelay } from './kit/relay.ts'

const stack = new AsyncDisposableStack()
let service: Awaited<ReturnType<typeof startPushServer>>
let relay: TestRelay
let ana: Device
beforeAll(async () => {
  service = stack.use(await startPushServer())
  const config = readConfig({ PUSH_PRIVATE_HOSTS: `localhost:${service.port}` })
  if (!config.ok) throw new Error(config.error)
  const { pushPrivateHosts } = config.value
  const limits = { pushRetry: { first: 20, most: 50 } }
  relay = stack.use(
    await startTestRelay({ config: { pushPrivateHosts }, limits, options: { push: { ca: service.ca } } })
  )
  ana = await newDevice(relay.url)
  await ana.ready()
})
afterAll(() => stack.disposeAsync())

const subscribed = async (): Promise<TestSubscription> => {
  const phone = subscribe(service, undefined, 'unifiedPush')
  expect((await ana.send('PUT', '/v1/push', phone.registration)).status).toBe(204)
  return phone
}
const give = (preview: Uint8Array, wake = Wake.NOTIFY) =>
  deposit(relay.url, ana.account, ana.deliveryKey, depositBody([{ wake, preview }]))
const pushTo = ({ token }: TestSubscription, index = 0) =>
  until(`push ${index}`, () => service.pushes.filter((push) => push.token === token)[index])

test('it is given a standard Web Push, which it can hand on as it is', async () => {
  const phone = await subscribed()
  expect(phone.registration.subscription.endpoint).toMatch(/\?up=1$/)
  const preview = randomBytes(1_600)
  await give(preview)
  await give(preview, Wake.CALL)
  const [mail, call] = [await pushTo(phone), await pushTo(phone, 1)]
  // The server has checked the VAPID signature, that a TTL is there, and that the body is aes128gcm and no longer than all must take.
  expect(mail).toMatchObject({ urgency: 'high', topic: 'preview-0', audience: service.origin })
  expect(mail.ttl).toBeGreaterThan(13 * 24 * 3600)
  expect(call).toMatchObject({ urgency: 'high', topic: 'call' })
  expect(call.ttl).toBeLessThanOrEqual(30)
  const payload = { kind: 'notify', token: phone.registration.token, preview: toBase64Url(preview) }
  expect(JSON.parse(phone.open(mail))).toEqual(payload)
})

test.each([404, 410])('its %d ends the subscription', async (status) => {
  const phone = await subscribed()
  service.answer({ status })
  await give(randomBytes(8))
  const refused = async () => (await ana.send('PUT', '/v1/push', phone.registration)).status === 409
  await until('the end', refused)
})

test('its 429 is waited for', async () => {
  const phone = await subscribed()
  service.answer({ status: 429, headers: { 'retry-after': '0' } })
  const preview = randomBytes(8)
  await give(preview)
  expect(JSON.parse(phone.open(await pushTo(phone)))).toMatchObject({ preview: toBase64Url(preview) })
})

test('a relay whose operator has not excepted it refuses it as an address that is not public', async () => {
  const resolve = async (host: string) => [
    { address: host === 'localhost' ? '127.0.0.1' : '93.184.216.34', family: 4 },
  ]
  await using other = await startTestRelay({ options: { push: { resolve } } })
  const bia = await newDevice(other.url)
  await bia.ready()
  const { registration } = subscribe(service, undefined, 'unifiedPush')
  const response = await bia.send('PUT', '/v1/push', registration)
  expect([response.status, await codeOf(response)]).toEqual([403, 'forbidden'])
  // Nor does a subscription that was good lead there.
  const good = subscribe({ origin: 'https://push.example.org' }).registration
  expect((await bia.send('PUT', '/v1/push', good)).status).toBe(204)
  const body = JSON.stringify({ token: good.token, subscription: registration.subscription })
  const renewed = await fetch(`${other.url}/v1/push/renewal`, { method: 'POST', body })
  expect([renewed.status, await codeOf(renewed)]).toEqual([403, 'forbidden'])
})
