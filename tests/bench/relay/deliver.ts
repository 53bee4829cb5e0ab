/** From a deposit to the device that is connected, beside the bare channels that such word could travel over. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEcho } from '../../../src/adapters/network/echo.ts'
import { systemClock, systemRandom } from '../../../src/host/platform.ts'
import { toHex } from '../../../src/lib/bytes.ts'
import { deposit, depositBody, newDevice } from '../../contract/relay/kit/device.ts'
import { caughtUp, newPeer, openMailbox, type MailboxClient } from '../../contract/relay/kit/peer.ts'
import { startChild } from './child.ts'
import { relayEnv } from './deposits.ts'
import { median, quantile, report } from './report.ts'
import { BODY_BYTES } from './seed.ts'

const WARM_UP = 100
const COUNT = 500

/** Milliseconds of each of so many turns, after a warm-up that does not count. */
const timed = async (turn: () => Promise<unknown>): Promise<readonly number[]> => {
  const times: number[] = []
  for (let count = -WARM_UP; count < COUNT; count++) {
    const began = performance.now()
    await turn()
    if (count >= 0) times.push(performance.now() - began)
  }
  return times
}

const delivered = (client: MailboxClient, id: string): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      const { frame } = client.frames.at(-1) ?? {}
      const isIt = frame?.case === 'delivery' && toHex(frame.value.envelope?.id ?? new Uint8Array()) === id
      if (!isIt) return
      client.stream.removeEventListener('message', look)
      resolve()
    }
    client.stream.addEventListener('message', look)
  })

export const benchDeliver = async (): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'mepassa-bench-'))
  const peer = await newPeer()
  {
    await using relay = await startChild('./relay-child.ts', relayEnv(folder))
    await using echo = await startChild('./ws-echo-child.ts')
    const device = await newDevice(relay.url)
    await device.ready()
    const client = await openMailbox(peer, relay.url, device)
    await caughtUp(client)
    const times = await timed(async () => {
      const id = randomBytes(16)
      const arrives = delivered(client, toHex(id))
      const body = depositBody([{ id, body: randomBytes(BODY_BYTES) }])
      const answered = deposit(relay.url, device.account, device.deliveryKey, body)
      await arrives
      client.send({ case: 'ack', value: { ids: [id] } })
      if ((await answered).status !== 200) throw new Error('a deposit was refused')
    })
    const [connection] = peer.getConnections()
    if (!connection) throw new Error('the peer has lost its relay')
    const channel = createEcho(connection, { clock: systemClock, random: systemRandom, keep: true })
    const pings = await timed(() => channel.ask())
    const socket = new WebSocket(`ws://127.0.0.1:${echo.port}`)
    await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }))
    const kilobyte = randomBytes(BODY_BYTES)
    const echoes = await timed(() => {
      const back = new Promise((resolve) => socket.addEventListener('message', resolve, { once: true }))
      socket.send(kilobyte)
      return back
    })
    socket.close()
    const limit = 2 * median(pings)
    report({ figure: 'round trip', channel: 'bare ws echo of 1 KiB', unit: 'ms', value: median(echoes) })
    report({
      figure: 'round trip',
      channel: 'libp2p ping over an open stream of the device’s connection, as devices ask their relay',
      unit: 'ms',
      value: median(pings),
    })
    report({
      figure: 'deposit to connected device',
      unit: 'ms',
      value: median(times),
      p99: quantile(times, 0.99),
      limit,
      ok: median(times) <= limit,
    })
  }
  await peer.stop()
  await rm(folder, { recursive: true, force: true })
}
