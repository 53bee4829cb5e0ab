import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addDeviceSigningInput, removeDeviceSigningInput } from '../../../src/protocol/device-approval.ts'
import { toBase64Url, utf8 } from '../../../src/lib/bytes.ts'
import type { DeviceId } from '../../../src/protocol/ids.ts'
import { BundlesSchema, EndpointsSchema, InfoSchema, KEY_HEADER } from '../../../src/protocol/relay-api.ts'
import { sha256 } from '../../../src/protocol/sha256.ts'
import * as v from 'valibot'
import { codeOf, fetchWire, newDevice, preKeyUpload, type Device } from './kit/device.ts'
import { startTestRelay, type TestRelay } from './kit/relay.ts'

let relay: TestRelay
let ana: Device

beforeAll(async () => {
  relay = await startTestRelay({ limits: { oneTimeKeys: 10 } })
  ana = await newDevice(relay.url)
  await ana.ready()
})
afterAll(() => relay[Symbol.asyncDispose]())

const keyed = (path: string, key: Uint8Array, method = 'GET'): Promise<Response> =>
  fetch(relay.url + path, { method, headers: { [KEY_HEADER]: toBase64Url(key) } })

describe('info', () => {
  test('says where the relay is', async () => {
    const info = v.parse(InfoSchema, await (await fetch(`${relay.url}/v1/info`)).json())
    expect(info.peerId).toBe(relay.relay().peerId)
    const { port } = new URL(relay.url)
    expect(info.addresses).toEqual([`/dns4/localhost/tcp/${port}/ws/p2p/${info.peerId}`])
    expect(info.iceServers).toEqual([])
    expect(Math.abs(info.time - Date.now())).toBeLessThan(10_000)
  })
})

describe('registration', () => {
  test('is repeated without harm', async () => {
    expect((await ana.register()).status).toBe(200)
  })

  test('refuses another key for the same account, and a further device', async () => {
    const thief = await newDevice(relay.url, 1, Date.now, ana.account)
    const further = await newDevice(relay.url, 2, Date.now, ana.account)
    for (const other of [thief, further]) {
      const response = await other.register()
      expect(response.status).toBe(403)
      expect(await codeOf(response)).toBe('forbidden')
    }
  })

  test('wants the signature of the very key it registers', async () => {
    const [bia, eve] = [await newDevice(relay.url), await newDevice(relay.url)]
    const body = {
      accountId: bia.account,
      deviceId: 1,
      requestKey: toBase64Url(bia.requestKey.publicKey),
      publishKey: toBase64Url(bia.publishKey.publicKey),
    }
    expect((await eve.send('POST', '/v1/devices', body)).status).toBe(401)
    expect(
      (await fetch(`${relay.url}/v1/devices`, { method: 'POST', body: JSON.stringify(body) })).status
    ).toBe(401)
  })

  test('of a device that another one of the account has removed is refused for good', async () => {
    const bia = await newDevice(relay.url)
    await bia.ready()
    const second = await newDevice(relay.url, 2, Date.now, bia.account)
    const approval = await bia.publishKey.sign(
      addDeviceSigningInput(bia.account, second.device, second.requestKey.publicKey)
    )
    const registered = await second.send('POST', '/v1/devices', {
      accountId: bia.account,
      deviceId: 2,
      requestKey: toBase64Url(second.requestKey.publicKey),
      publishKey: toBase64Url(bia.publishKey.publicKey),
      approval: toBase64Url(approval),
    })
    expect(registered.status).toBe(201)
    const approve = async (device: number, key = bia.publishKey) => ({
      approval: toBase64Url(await key.sign(removeDeviceSigningInput(bia.account, device as DeviceId))),
    })
    const remove = async (device: number | string, body: object) =>
      (await second.send('PUT', `/v1/devices/${device}/removal`, body)).status
    for (const [device, status] of [
      [2, 400],
      ['x', 400],
      ['0x1', 400],
    ] as const)
      expect([device, await remove(device, await approve(Number(device)))]).toEqual([device, status])
    // Being a device of the account is not enough: the publish key has to have named this one.
    expect(await remove(1, {})).toBe(400)
    expect(await remove(1, await approve(1, second.requestKey))).toBe(403)
    expect(await remove(1, await approve(3))).toBe(403)
    expect((await bia.send('GET', '/v1/mailbox')).status).toBe(200)
    for (const [device, status] of [
      [9, 404],
      [1, 204],
      [1, 404],
    ] as const)
      expect([device, await remove(device, await approve(device))]).toEqual([device, status])
    expect((await bia.send('GET', '/v1/mailbox')).status).toBe(401)
    const again = await bia.register()
    expect([again.status, await codeOf(again)]).toEqual([403, 'device-removed'])
    // A stranger's signature removes nobody.
    expect((await ana.send('PUT', '/v1/devices/2/removal', await approve(2))).status).toBe(403)
    expect((await second.send('GET', '/v1/mailbox')).status).toBe(200)
  })

  test('of an older copy is refused: another start has counted as far', async () => {
    const caio = await newDevice(relay.url)
    const register = (count: number, id: Uint8Array) =>
      caio.send('POST', '/v1/devices', {
        accountId: caio.account,
        deviceId: 1,
        requestKey: toBase64Url(caio.requestKey.publicKey),
        publishKey: toBase64Url(caio.publishKey.publicKey),
        start: { count, id: toBase64Url(id) },
      })
    const [one, other] = [randomBytes(16), randomBytes(16)]
    expect([(await register(1, one)).status, (await register(1, one)).status]).toEqual([201, 200])
    const behind = await register(1, other)
    expect([behind.status, await codeOf(behind)]).toEqual([409, 'device-behind'])
    expect((await register(2, other)).status).toBe(200)
    expect((await register(1, one)).status).toBe(409)
  })

  test('wants a whole body', async () => {
    const response = await ana.send('POST', '/v1/devices', { accountId: ana.account, deviceId: 128 })
    expect(response.status).toBe(400)
    expect(await codeOf(response)).toBe('malformed')
  })
})

describe('signed requests', () => {
  test('are good once', async () => {
    const wire = await ana.signed('GET', '/v1/prekeys')
    expect((await fetchWire(wire)).status).toBe(200)
    const again = await fetchWire(wire)
    expect(again.status).toBe(401)
    expect(await codeOf(again)).toBe('unauthorized')
  })

  test.each([
    ['too old', -70_000],
    ['from the future', 70_000],
  ])('are refused when %s', async (_name, age) => {
    const wire = await ana.signed('GET', '/v1/prekeys', undefined, Date.now() + age)
    expect((await fetchWire(wire)).status).toBe(401)
  })

  test('cover body, path, query, method and host', async () => {
    const body = { keys: [] }
    const other = `http://127.0.0.1:${new URL(relay.url).port}/v1/keys`
    const spoilt: ((wire: Awaited<ReturnType<Device['signed']>>) => void)[] = [
      (wire) => (wire.body = utf8('{"keys": []}')),
      (wire) => (wire.url += '?x=1'),
      (wire) => (wire.url = wire.url.replace('/keys', '/endpoint')),
      (wire) => (wire.method = 'POST'),
      (wire) => (wire.url = other),
      (wire) => delete wire.headers['content-digest'],
      (wire) => delete wire.headers['signature'],
      (wire) =>
        (wire.headers['signature-input'] = (wire.headers['signature-input'] ?? '').replace('"@path" ', '')),
      (wire) => (wire.headers['signature-input'] = 'x'.repeat(3000)),
    ]
    for (const spoil of spoilt) {
      const wire = await ana.signed('PUT', '/v1/keys', body)
      spoil(wire)
      expect([401, 404]).toContain((await fetchWire(wire)).status)
    }
    expect((await keyed(`/v1/endpoints/${ana.account}`, ana.deliveryKey)).status).toBe(200)
  })

  test('of a device that is not registered are refused', async () => {
    const nobody = await newDevice(relay.url)
    for (const [method, path] of [
      ['GET', '/v1/mailbox'],
      ['PUT', '/v1/endpoint'],
      ['DELETE', '/v1/endpoint'],
      ['GET', '/v1/prekeys'],
    ] as const) {
      expect((await nobody.send(method, path, method === 'PUT' ? utf8('x') : undefined)).status).toBe(401)
    }
  })
})

describe('endpoints', () => {
  test('are for holders of a delivery key, until they end', async () => {
    expect((await ana.send('PUT', '/v1/endpoint', utf8('sealed endpoint'))).status).toBe(204)
    const response = await keyed(`/v1/endpoints/${ana.account}`, ana.deliveryKey)
    expect(v.parse(EndpointsSchema, await response.json())).toEqual({
      devices: [{ deviceId: 1, sealed: toBase64Url(utf8('sealed endpoint')) }],
    })
    expect((await keyed(`/v1/endpoints/${ana.account}`, ana.requestAccessKey)).status).toBe(403)
    expect((await ana.send('DELETE', '/v1/endpoint')).status).toBe(204)
    expect(await (await keyed(`/v1/endpoints/${ana.account}`, ana.deliveryKey)).json()).toEqual({
      devices: [],
    })
  })

  test('have a size', async () => {
    const response = await ana.send('PUT', '/v1/endpoint', randomBytes(2049))
    expect(response.status).toBe(413)
    expect(await codeOf(response)).toBe('too-large')
    expect((await ana.send('PUT', '/v1/endpoint', new Uint8Array())).status).toBe(400)
  })
})

describe('prekeys', () => {
  test('each one-time key is given once, then the last resort', async () => {
    const bia = await newDevice(relay.url)
    await bia.ready()
    const upload = preKeyUpload(100, 2)
    expect(await (await bia.send('PUT', '/v1/prekeys', upload)).json()).toEqual({
      preKeys: 2,
      kyberPreKeys: 2,
    })
    const claim = async () => {
      const response = await keyed(`/v1/prekeys/${bia.account}/claim`, bia.requestAccessKey, 'POST')
      return v.parse(BundlesSchema, await response.json()).devices[0]
    }
    const bundles = [await claim(), await claim(), await claim()]
    expect(bundles.map((bundle) => bundle?.preKey?.id)).toEqual([100, 101, undefined])
    expect(bundles.map((bundle) => bundle?.kyberPreKey.id)).toEqual([100, 101, 2])
    expect(bundles[0]?.kyberPreKey).toEqual(upload.kyberPreKeys[0])
    expect(bundles[2]?.kyberPreKey).toEqual(upload.lastResortKyber)
    expect(bundles[0]?.signedPreKey).toEqual(upload.signedPreKey)
    expect(bundles[0]?.identityKey).toBe(upload.identityKey)
    expect(await (await bia.send('GET', '/v1/prekeys')).json()).toEqual({ preKeys: 0, kyberPreKeys: 0 })
  })

  test('two claims at once get different keys', async () => {
    const bia = await newDevice(relay.url)
    await bia.ready()
    await bia.send('PUT', '/v1/prekeys', preKeyUpload(1, 8))
    const claims = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const response = await keyed(`/v1/prekeys/${bia.account}/claim`, bia.deliveryKey, 'POST')
        return v.parse(BundlesSchema, await response.json()).devices[0]?.preKey?.id
      })
    )
    expect(new Set(claims).size).toBe(8)
  })

  test('an upload over the bound is refused whole', async () => {
    const bia = await newDevice(relay.url)
    await bia.ready()
    const identity = randomBytes(33)
    expect((await bia.send('PUT', '/v1/prekeys', preKeyUpload(1, 8, identity))).status).toBe(200)
    const response = await bia.send('PUT', '/v1/prekeys', preKeyUpload(50, 8, identity))
    expect(await codeOf(response)).toBe('quota')
    expect(await (await bia.send('GET', '/v1/prekeys')).json()).toEqual({ preKeys: 8, kyberPreKeys: 8 })
  })

  test('a new identity key drops the one-time keys of the old one', async () => {
    const bia = await newDevice(relay.url)
    await bia.ready()
    await bia.send('PUT', '/v1/prekeys', preKeyUpload(1, 8))
    expect(await (await bia.send('PUT', '/v1/prekeys', preKeyUpload(50, 3))).json()).toEqual({
      preKeys: 3,
      kyberPreKeys: 3,
    })
  })
})

describe('access keys', () => {
  test('an unknown account and a wrong key get the same answer', async () => {
    const nobody = await newDevice(relay.url)
    const answers = await Promise.all(
      [nobody.account, ana.account].map(async (account) => {
        const response = await keyed(`/v1/endpoints/${account}`, randomBytes(32))
        return { status: response.status, body: await response.text() }
      })
    )
    expect(answers[0]).toEqual(answers[1])
    expect(answers[0]?.status).toBe(403)
  })

  test('a missing or malformed key is told apart by its form alone', async () => {
    expect((await fetch(`${relay.url}/v1/endpoints/${ana.account}`)).status).toBe(401)
    expect((await keyed(`/v1/endpoints/${ana.account}`, randomBytes(31))).status).toBe(401)
    expect((await keyed('/v1/endpoints/NOT-A-UUID', randomBytes(32))).status).toBe(400)
  })

  test('a new set replaces the old one, and keys end', async () => {
    const bia = await newDevice(relay.url)
    await bia.ready()
    const key = randomBytes(32)
    const keys = [{ hash: toBase64Url(sha256(key)), kind: 'delivery', expiresAt: relay.clock.now() + 5_000 }]
    expect((await bia.send('PUT', '/v1/keys', { keys })).status).toBe(204)
    expect((await keyed(`/v1/endpoints/${bia.account}`, bia.deliveryKey)).status).toBe(403)
    expect((await keyed(`/v1/endpoints/${bia.account}`, key)).status).toBe(200)
    relay.clock.advance(6_000)
    expect((await keyed(`/v1/endpoints/${bia.account}`, key)).status).toBe(403)
  })
})
