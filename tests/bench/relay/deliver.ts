/** From a deposit to the device that is connected, beside the bare channels that such word could travel over. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEcho } from '../../../src/adapters/network/echo.ts'
import { systemClock, systemRandom } from '../../../src/host/platform.ts'
import { toHex } from '../../../src/lib/bytes.ts'
import { newDevice } from '../../contract/relay/kit/device.ts'
import { caughtUp, newPeer, openMailbox, type MailboxClient } from '../../contract/relay/kit/peer.ts'
import { startChild } from './child.ts'
import { depositRequest } from './deposit-request.ts'
import { relayEnv } from './deposits.ts'
import { openHttp } from './http-load.ts'
import { median, quantile, report } from './report.ts'
import { BODY_BYTES } from './seed.ts'

/** Turns that do not count: the engine goes on compiling for about 20,000 messages, of which a turn has three. */
const WARM_UP = 6_000
const COUNT = 1_000

/** Waits for the frame of a kind that names an envelope. */
const frameOf = (client: MailboxClient, kind: 'delivery' | 'deleted', id: string): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      const { frame } = client.frames.at(-1) ?? {}
      const named =
        frame?.case === 'delivery'
          ? frame.value.envelope?.id
          : frame?.case === 'deleted' && frame.value.ids[0]
      if (frame?.case !== kind || !named || toHex(named) !== id) return
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
    const sender = await openHttp(relay.port)
    const [connection] = peer.getConnections()
    if (!connection) throw new Error('the peer has lost its relay')
    const channel = createEcho(connection, { clock: systemClock, random: systemRandom, keep: true })
    const socket = new WebSocket(`ws://127.0.0.1:${echo.port}`)
    await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }))
    const kilobyte = randomBytes(BODY_BYTES)

    /** One message, until its deletion has been confirmed; answers when it arrived and when its sender was answered, in milliseconds. */
    const message = async (): Promise<readonly [number, number]> => {
      const id = randomBytes(16)
      const request = depositRequest(device.account, device.deliveryKey, id)
      const arrives = frameOf(client, 'delivery', toHex(id))
      const deleted = frameOf(client, 'deleted', toHex(id))
      const began = performance.now()
      const answered = sender.ask(request)
      await arrives
      const arrived = performance.now() - began
      client.send({ case: 'ack', value: { ids: [id] } })
      await answered
      const known = performance.now() - began
      await deleted
      return [arrived, known]
    }
    const timed = async (turn: () => Promise<unknown>): Promise<number> => {
      const began = performance.now()
      await turn()
      return performance.now() - began
    }
    const [arrivals, answers, pings, echoes] = [[], [], [], []] as [number[], number[], number[], number[]]
    for (let count = -WARM_UP; count < COUNT; count++) {
      const [arrived, answered] = await message()
      // Each right after a deletion, as the next message would be: a machine is quicker while it is busy.
      const ping = await timed(() => channel.ask())
      await message()
      const echo = await timed(() => {
        const back = new Promise((resolve) => socket.addEventListener('message', resolve, { once: true }))
        socket.send(kilobyte)
        return back
      })
      await message()
      if (count < 0) continue
      arrivals.push(arrived)
      answers.push(answered)
      pings.push(ping)
      echoes.push(echo)
    }
    sender.close()
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
      value: median(arrivals),
      p99: quantile(arrivals, 0.99),
      answered: median(answers),
      limit,
      ok: median(arrivals) <= limit,
    })
  }
  await peer.stop()
  await rm(folder, { recursive: true, force: true })
}
