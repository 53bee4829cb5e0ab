import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../../support/until.ts'
import { newDevice } from '../relay/kit/device.ts'
import { startTestRelay, type TestRelay } from '../relay/kit/relay.ts'
import { startTestNode } from './kit/node.ts'

let relay: TestRelay
beforeAll(async () => {
  relay = await startTestRelay()
})
afterAll(() => relay[Symbol.asyncDispose]())

test('a list put into the DHT by one node is found by another; older, forged and foreign ones are not taken', async () => {
  await using ana = await startTestNode(relay.url)
  await using bia = await startTestNode(relay.url)
  await Promise.all([ana.ready(), bia.ready()])
  const { locator, record } = await newDevice(relay.url)
  const [first, second] = [await record(1), await record(2)]
  const missing = { ok: false, error: { kind: 'network', reason: 'not-found' } }

  expect(await bia.network.dhtGet(locator)).toEqual(missing)
  // The first question also loads what is asked with, in the time that it is given.
  await until('it is put', async () => (await ana.network.dhtPut(locator, second)).ok)
  await until('it is found', async () => (await bia.network.dhtGet(locator)).ok)
  expect(await bia.network.dhtGet(locator)).toEqual({ ok: true, value: second })

  expect(await ana.network.dhtPut(locator, first)).toMatchObject({ ok: false })
  const forged = second.slice()
  forged[forged.length - 1]! ^= 1
  expect(await ana.network.dhtPut(locator, forged)).toMatchObject({ ok: false })
  expect(await ana.network.dhtPut('nonsense', second)).toEqual({
    ok: false,
    error: { kind: 'network', reason: 'refused' },
  })
  expect(await ana.network.dhtGet('nonsense')).toEqual(missing)
  expect(await bia.network.dhtGet(locator)).toEqual({ ok: true, value: second })
})
