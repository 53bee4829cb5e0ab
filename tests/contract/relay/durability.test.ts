import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { toHex } from '../../../src/lib/bytes.ts'
import { startRelayProcess } from '../../support/relay-process.ts'
import { deposit, depositBody, newDevice } from './kit/device.ts'
import { newDataDir } from './kit/relay.ts'

const COUNT = 200

test('what was acknowledged is there after kill -9', async () => {
  const dataDir = await newDataDir()
  const relay = await startRelayProcess({ dataDir, env: { WEBRTC_PORT: 'off', LOG_LEVEL: 'debug' } })
  try {
    const ana = await newDevice(relay.url)
    await ana.ready()
    const acknowledged: string[] = []
    let killed: Promise<void> | undefined
    const giveOne = async (): Promise<void> => {
      const id = randomBytes(16)
      const response = await deposit(
        relay.url,
        ana.account,
        ana.deliveryKey,
        depositBody([{ id, body: randomBytes(1_024) }])
      )
      if (response.status === 200) acknowledged.push(toHex(id))
    }
    const sender = async (): Promise<void> => {
      while (!killed) {
        await giveOne().catch(() => undefined)
        // In the midst of other deposits: the last ones may be stored, but none of these may be lost.
        if (acknowledged.length >= COUNT) killed ??= relay.kill()
      }
    }
    await Promise.all(Array.from({ length: 8 }, sender))
    await killed
    expect(acknowledged.length).toBeGreaterThanOrEqual(COUNT)

    await relay.start()
    const found = new Set<string>()
    for (let more = true; more;) {
      const page = await ana.fetchMailbox()
      const ids = page.deliveries.map(({ envelope }) => toHex(envelope?.id ?? new Uint8Array()))
      for (const id of ids) found.add(id)
      more = ids.length > 0
      if (more)
        expect((await ana.send('POST', '/v1/mailbox/ack', { ids: ids.slice(0, 256) })).status).toBe(204)
    }
    expect(acknowledged.filter((id) => !found.has(id))).toEqual([])

    expect(await relay.stop()).toBe(0)
    // An operator's log: that it ran, and nothing of anyone.
    const log = relay.log()
    for (const secret of [ana.account, ana.locator, toHex(ana.deliveryKey), ...acknowledged, '127.0.0.1']) {
      expect(log).not.toContain(secret)
    }
    expect(log).toContain('"event":"started"')
  } finally {
    await relay.kill()
    await rm(dataDir, { recursive: true, force: true })
  }
})
