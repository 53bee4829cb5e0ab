/** A relay that takes new accounts by invitation code alone. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inviteCodeHash, newInviteCode } from '../../../relay-server/invites/code.ts'
import { openSqliteStore } from '../../../relay-server/store/sqlite-store.ts'
import { RELAY_LIMITS } from '../../../relay-server/limits.ts'
import { toBase64Url } from '../../../src/lib/bytes.ts'
import { codeOf, newDevice, type Device } from './kit/device.ts'
import { newDataDir, startTestRelay, type TestRelay } from './kit/relay.ts'

let relay: TestRelay
const codes = { two: newInviteCode(), over: newInviteCode() }

beforeAll(async () => {
  const dataDir = await newDataDir()
  // As the operator's page does it.
  const store = await openSqliteStore(dataDir, RELAY_LIMITS)
  const now = Date.now()
  const code = (text: string, usesLeft: number, expiresAt: number | null) =>
    store.invites.add({ hash: inviteCodeHash(text), label: 'family', usesLeft, createdAt: now, expiresAt })
  await code(codes.two, 2, null)
  await code(codes.over, 9, now - 1)
  await store.close()
  relay = await startTestRelay({ config: { dataDir, registration: 'invite' } })
})
afterAll(() => relay[Symbol.asyncDispose]())

const register = (device: Device, invite?: string): Promise<Response> =>
  device.send('POST', '/v1/devices', {
    accountId: device.account,
    deviceId: device.device,
    requestKey: toBase64Url(device.requestKey.publicKey),
    publishKey: toBase64Url(device.publishKey.publicKey),
    ...(invite !== undefined && { invite }),
  })

test('a code lets in as many as it says, however it is typed', async () => {
  const [ana, bia, caio] = [
    await newDevice(relay.url),
    await newDevice(relay.url),
    await newDevice(relay.url),
  ]
  for (const wrong of [undefined, '', newInviteCode(), codes.over]) {
    const refused = await register(ana, wrong)
    expect([refused.status, await codeOf(refused)]).toEqual([403, 'uninvited'])
  }
  expect((await register(ana, codes.two)).status).toBe(201)
  // Who is here already is not asked, and uses nothing up.
  expect((await register(ana)).status).toBe(200)
  expect((await register(bia, ` ${codes.two.toLowerCase().replaceAll('-', ' ')}`)).status).toBe(201)
  expect((await register(caio, codes.two)).status).toBe(403)
})
