/**
 * A mailbox of 500 messages: fetched and acknowledged over HTTP, beside ejabberd's offline store being drained at login. Both clocks run from connecting over TCP
 * until the last message is read; who asks is shown within, by each request's signature there, by SASL PLAIN here.
 */
import { fromBinary } from '@bufbuild/protobuf'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toHex } from '../../../src/lib/bytes.ts'
import { MailboxPageSchema, type MailboxPage } from '../../../src/protocol/gen/wire_pb.js'
import { LIMITS } from '../../../src/protocol/limits.ts'
import { deposit, depositBody, newDevice, type Device, type Wire } from '../../contract/relay/kit/device.ts'
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

/** Asks for a page over the one connection of an agent. */
const pageBy = (agent: Agent, { url, headers }: Wire): Promise<MailboxPage> =>
  new Promise((resolve, reject) => {
    const asked = get(url, { agent, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject)
      response.on('end', () => {
        if (response.statusCode === 200) resolve(fromBinary(MailboxPageSchema, Buffer.concat(chunks)))
        else reject(new Error(`a fetch was answered with ${response.statusCode}`))
      })
    })
    asked.on('error', reject)
  })

/** Milliseconds of fetching, over a new connection, and of acknowledging, page by page. */
const drain = async (device: Device): Promise<{ fetched: number; acknowledged: number }> => {
  let [fetched, acknowledged, count] = [0, 0, 0]
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  while (count < MESSAGES) {
    const began = performance.now()
    const { deliveries } = await pageBy(agent, await device.signed('GET', '/v1/mailbox'))
    fetched += performance.now() - began
    const ids = deliveries.map(({ envelope }) => toHex(envelope?.id ?? new Uint8Array()))
    const then = performance.now()
    for (let from = 0; from < ids.length; from += LIMITS.receiptIds) {
      const some = { ids: ids.slice(from, from + LIMITS.receiptIds) }
      const { status } = await device.send('POST', '/v1/mailbox/ack', some)
      if (status !== 204) throw new Error(`an acknowledgement was answered with ${status}`)
    }
    acknowledged += performance.now() - then
    count += ids.length
  }
  agent.destroy()
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
