/** A mailbox of 500 messages: fetched and acknowledged over HTTP, beside ejabberd's offline store being drained at login. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toHex } from '../../../src/lib/bytes.ts'
import { deposit, depositBody, newDevice, type Device } from '../../contract/relay/kit/device.ts'
import { startChild } from './child.ts'
import { relayEnv } from './deposits.ts'
import { drainByXmpp, fillByXmpp, startEjabberd } from './ejabberd.ts'
import { median, report } from './report.ts'
import { BODY_BYTES } from './seed.ts'

const MESSAGES = 500
const AT_ONCE = 25
const ROUNDS = 15

const fill = async (url: string, device: Device): Promise<void> => {
  for (let sent = 0; sent < MESSAGES; sent += AT_ONCE) {
    const entries = Array.from({ length: AT_ONCE }, () => ({ body: randomBytes(BODY_BYTES) }))
    const response = await deposit(url, device.account, device.deliveryKey, depositBody(entries))
    if (response.status !== 200) throw new Error(`a deposit was answered with ${response.status}`)
  }
}

/** Milliseconds of fetching and of acknowledging, page by page. */
const drain = async (device: Device): Promise<{ fetched: number; acknowledged: number }> => {
  let [fetched, acknowledged, count] = [0, 0, 0]
  while (count < MESSAGES) {
    const began = performance.now()
    const { deliveries } = await device.fetchMailbox()
    fetched += performance.now() - began
    const ids = deliveries.map(({ envelope }) => toHex(envelope?.id ?? new Uint8Array()))
    const then = performance.now()
    await device.send('POST', '/v1/mailbox/ack', { ids })
    acknowledged += performance.now() - then
    count += ids.length
  }
  return { fetched, acknowledged }
}

export const benchFetch = async (): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'mepassa-bench-'))
  {
    await using relay = await startChild('./relay-child.ts', relayEnv(folder))
    await using ejabberd = await startEjabberd()
    const device = await newDevice(relay.url)
    await device.ready()
    const ours: { fetched: number; acknowledged: number }[] = []
    const theirs: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      await fill(relay.url, device)
      ours.push(await drain(device))
      await fillByXmpp(ejabberd, MESSAGES)
      theirs.push(await drainByXmpp(ejabberd, MESSAGES))
    }
    const fetched = median(ours.map((one) => one.fetched))
    const beside = median(theirs)
    report({ figure: 'drain of 500', server: 'ejabberd', unit: 'ms', value: beside })
    report({
      figure: 'fetch of 500',
      unit: 'ms',
      value: fetched,
      limit: beside / 2,
      ok: fetched <= beside / 2,
      acknowledging: median(ours.map((one) => one.acknowledged)),
    })
  }
  await rm(folder, { recursive: true, force: true })
}
