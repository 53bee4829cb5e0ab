/** What was acknowledged survives `kill -9`: deposits one by one, the end at once after the last answer, and all of them there after a new start. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toHex } from '../../../src/lib/bytes.ts'
import { deposit, depositBody, newDevice } from '../../contract/relay/kit/device.ts'
import { freePort } from '../../support/free-port.ts'
import { startChild } from './child.ts'
import { relayEnv } from './deposits.ts'
import { report } from './report.ts'
import { BODY_BYTES } from './seed.ts'

const MESSAGES = 200

export const benchKill = async (): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'mepassa-bench-'))
  const env = { ...relayEnv(folder), PORT: String(await freePort()) }
  {
    await using relay = await startChild('./relay-child.ts', env)
    const device = await newDevice(relay.url)
    await device.ready()
    const missing = new Set<string>()
    for (let sent = 0; sent < MESSAGES; sent++) {
      const id = randomBytes(16)
      const body = depositBody([{ id, body: randomBytes(BODY_BYTES) }])
      const { status } = await deposit(relay.url, device.account, device.deliveryKey, body)
      if (status !== 200) throw new Error(`a deposit was answered with ${status}`)
      missing.add(toHex(id))
    }
    await relay.kill()
    await using again = await startChild('./relay-child.ts', env)
    if (again.url !== relay.url) throw new Error('the relay came back somewhere else')
    for (let found = -1; found !== 0;) {
      const { deliveries } = await device.fetchMailbox()
      const ids = deliveries.map(({ envelope }) => toHex(envelope?.id ?? new Uint8Array()))
      for (const id of ids) missing.delete(id)
      if (ids.length > 0) await device.send('POST', '/v1/mailbox/ack', { ids })
      found = ids.length
    }
    const value = MESSAGES - missing.size
    report({
      figure: 'delivered after kill -9',
      unit: 'messages',
      value,
      acknowledged: MESSAGES,
      limit: MESSAGES,
      ok: value === MESSAGES,
    })
  }
  await rm(folder, { recursive: true, force: true })
}
