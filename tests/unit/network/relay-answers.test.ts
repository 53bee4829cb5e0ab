/** A relay that answers anything: each call ends in a checked value or a typed error. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRelayApi } from '../../../src/adapters/network/relay-api.ts'
import type { RelayApi } from '../../../src/core/ports/network.ts'
import { systemClock, systemRandom } from '../../../src/host/platform.ts'
import { newDevice } from '../../contract/relay/kit/device.ts'
import { RUNS } from '../../support/bytes.ts'

const ORIGIN = 'https://relay.example.org'
const device = await newDevice(ORIGIN)
const signer = { account: device.account, device: device.device, sign: device.requestKey.sign }
const key = new Uint8Array(32)

const CALLS: Readonly<Record<string, (api: RelayApi) => Promise<{ readonly ok: boolean }>>> = {
  info: (api) => api.info(ORIGIN),
  getList: (api) => api.getList(ORIGIN, 'a'.repeat(43)),
  getEndpoints: (api) => api.getEndpoints(ORIGIN, device.account, key),
  preKeyCounts: (api) => api.preKeyCounts(ORIGIN, signer),
  claimPreKeys: (api) => api.claimPreKeys(ORIGIN, device.account, key),
  deposit: (api) => api.deposit(ORIGIN, device.account, key, key),
  fetchMailbox: (api) => api.fetchMailbox(ORIGIN, signer),
  acknowledge: (api) => api.acknowledge(ORIGIN, signer, []),
}

/** Values as a hostile relay would try them: the right names with wrong things in them. */
const json = fc.oneof(
  fc.json(),
  fc
    .dictionary(
      fc.constantFrom(
        'devices',
        'peerId',
        'limits',
        'deviceId',
        'sealed',
        'record',
        'queued',
        'ec',
        'kyber',
        'version'
      ),
      fc.oneof(fc.jsonValue(), fc.array(fc.dictionary(fc.constantFrom('deviceId', 'sealed'), fc.jsonValue())))
    )
    .map((value) => JSON.stringify(value))
)
const body = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  json.map((text) => new TextEncoder().encode(text))
)
const status = fc.oneof(
  fc.constantFrom(200, 201, 409),
  fc.integer({ min: 200, max: 599 }).filter((code) => ![204, 205, 304].includes(code))
)

test.each(Object.entries(CALLS))('%s', async (_name, call) => {
  await fc.assert(
    fc.asyncProperty(status, body, async (code, bytes) => {
      const api = createRelayApi({
        fetch: () => Promise.resolve(new Response(bytes.slice(), { status: code })),
        timeout: 1_000,
        clock: systemClock,
        random: systemRandom,
      })
      const reply = await call(api)
      if (!reply.ok)
        expect(reply).toMatchObject({ error: { kind: 'network', reason: expect.any(String) as string } })
      else expect([200, 201, 409].includes(code) || code < 300).toBe(true)
    }),
    RUNS
  )
})
