import { expect, test } from 'vitest'
import { newDevice } from './kit/device.ts'
import { startTestRelay } from './kit/relay.ts'

test('the metrics’ own address serves them and nothing else', async () => {
  await using relay = await startTestRelay({ config: { metricsAddress: { host: '127.0.0.1', port: 0 } } })
  const ana = await newDevice(relay.url)
  await ana.ready()
  const url = `http://127.0.0.1:${relay.relay().metricsPort}`
  const forwarded = { headers: { 'x-forwarded-for': '203.0.113.9' } }
  const response = await fetch(`${url}/metrics`, forwarded)
  const text = await response.text()
  expect(text).toContain('mepassa_requests_total{route="/v1/devices",status="201"} 1')
  expect(text).not.toContain(ana.account)
  for (const path of ['/', '/healthz', '/v1/info', '/metrics/x'])
    expect((await fetch(url + path)).status).toBe(404)
  expect((await fetch(`${relay.url}/metrics`, forwarded)).status).toBe(403)
})
