/**
 * Three relays over one PostgreSQL and one Redis, all of them killed and restarted at random under load: what a relay acknowledged reaches its
 * device, and what a device has acknowledged does not come again. `CHAOS_SEED` repeats a run's choices.
 */
import { createHash, randomBytes, randomInt } from 'node:crypto'
import { rm } from 'node:fs/promises'
import type { Libp2p } from '@libp2p/interface'
import { expect, test } from 'vitest'
import { toHex } from '../../../src/lib/bytes.ts'
import { startPostgres } from '../../support/postgres-server.ts'
import { startRedis } from '../../support/redis-server.ts'
import { startRelayProcess, type RelayProcess } from '../../support/relay-process.ts'
import { until } from '../../support/until.ts'
import { deposit, depositBody, newDevice, type Device } from './kit/device.ts'
import { newPeer, openMailbox } from './kit/peer.ts'
import { newDataDir } from './kit/relay.ts'

const RELAYS = 3
const DEVICES = 4
const SENDERS = 6
const EVENTS = 8
/** Acknowledged deposits between two events. */
const BETWEEN = 25
const EVERY = { every: 20, timeout: 60_000 }

/** Choices that a seed repeats: the bytes of a hash chain. */
const choices = (seed: string) => {
  let count = 0
  return (below: number): number =>
    createHash('sha256').update(`${seed} ${count++}`).digest().readUInt32BE(0) % below
}

/** What a device has: every envelope it was given, and those that came again after their acknowledgement was confirmed. */
interface View {
  readonly device: Device
  readonly bodies: Map<string, string>
  readonly confirmed: Set<string>
  readonly again: Set<string>
}

test('every acknowledged deposit is in its device’s view once', { timeout: 240_000 }, async () => {
  const seed = process.env['CHAOS_SEED'] ?? String(randomInt(2 ** 32))
  process.stdout.write(`chaos seed ${seed}\n`)
  const choose = choices(seed)
  await using postgres = await startPostgres()
  await using redis = await startRedis()
  const env = {
    DATABASE_URL: await postgres.newDatabase(),
    REDIS_URL: redis.url,
    WEBRTC_PORT: 'off',
    LOG_LEVEL: 'warn',
  }
  const folders = await Promise.all(Array.from({ length: RELAYS }, newDataDir))
  const relays: RelayProcess[] = []
  for (const dataDir of folders) relays.push(await startRelayProcess({ dataDir, env }))
  const any = (): RelayProcess => relays[randomInt(RELAYS)] as RelayProcess
  const peers: Libp2p[] = []
  let over = false
  try {
    const views: View[] = []
    for (let count = 0; count < DEVICES; count++) {
      const device = await newDevice(any().url)
      await device.ready()
      views.push({ device, bodies: new Map(), confirmed: new Set(), again: new Set() })
      peers.push(await newPeer())
    }

    /** One device: a stream to some relay, and another when it ends. */
    const live = async (view: View, peer: Libp2p): Promise<void> => {
      while (!over) {
        const client = await openMailbox(peer, any().url, view.device).catch(() => undefined)
        if (!client) {
          await new Promise((resolve) => setTimeout(resolve, EVERY.every))
          continue
        }
        let seen = 0
        while (!over && (!client.ended() || seen < client.frames.length)) {
          const { frame } = client.frames[seen] ?? {}
          if (!frame) {
            await new Promise((resolve) => setTimeout(resolve, EVERY.every))
            continue
          }
          seen++
          if (frame.case === 'deleted') for (const id of frame.value.ids) view.confirmed.add(toHex(id))
          if (frame.case !== 'delivery' || !frame.value.envelope) continue
          const { id, body } = frame.value.envelope
          if (view.confirmed.has(toHex(id))) view.again.add(toHex(id))
          view.bodies.set(toHex(id), toHex(body))
          try {
            client.send({ case: 'ack', value: { ids: [id] } })
          } catch {
            // The stream is over: it comes again on the next.
            break
          }
        }
        await client.close().catch(() => undefined)
      }
    }

    const acknowledged = new Map<
      string,
      { readonly to: View; readonly body: string; readonly tries: number }
    >()
    /** Offers one message until a relay has it, as a sender's outbox does. */
    const sendOne = async (): Promise<void> => {
      const to = views[randomInt(DEVICES)] as View
      const [id, body] = [new Uint8Array(randomBytes(16)), new Uint8Array(randomBytes(1_024))]
      for (let tries = 1; ; tries++) {
        const response = await deposit(
          any().url,
          to.device.account,
          to.device.deliveryKey,
          depositBody([{ id, body }])
        ).catch(() => undefined)
        // One address asks for all of them, and may be told to wait.
        if (response && ![200, 429, 500, 503].includes(response.status))
          throw new Error(`a deposit was answered with ${response.status}`)
        if (response?.status === 200) {
          acknowledged.set(toHex(id), { to, body: toHex(body), tries })
          return
        }
        await new Promise((resolve) => setTimeout(resolve, EVERY.every))
      }
    }
    const devices = views.map((view, index) => live(view, peers[index] as Libp2p))
    let ending = false
    const senders = Array.from({ length: SENDERS }, async () => {
      while (!ending) await sendOne()
    })

    const events: readonly (() => Promise<void>)[] = [
      async () => {
        const relay = relays[choose(RELAYS)] as RelayProcess
        await relay.kill()
        await relay.start()
      },
      async () => {
        await postgres.kill()
        await postgres.start()
      },
      async () => {
        await postgres.stop()
        await postgres.start()
      },
      async () => {
        await redis.kill()
        await redis.start()
      },
    ]
    const order = [
      ...events,
      ...Array.from({ length: EVENTS - events.length }, () => events[choose(events.length)]),
    ]
    for (const event of order.sort(() => choose(2) - 0.5)) {
      const before = acknowledged.size
      await until('deposits go on', () => acknowledged.size >= before + BETWEEN, EVERY)
      await event?.()
    }
    ending = true
    await Promise.all(senders)
    await until(
      'all that was acknowledged has arrived',
      () => [...acknowledged].every(([id, { to, body }]) => to.bodies.get(id) === body),
      EVERY
    )
    await until(
      'the mailboxes are empty',
      async () => {
        const pages = await Promise.all(views.map(({ device }) => device.fetchMailbox()))
        return pages.every(({ deliveries }) => deliveries.length === 0)
      },
      EVERY
    )
    over = true
    await Promise.all(devices)

    expect(acknowledged.size).toBeGreaterThanOrEqual(EVENTS * BETWEEN)
    for (const view of views) {
      const own = [...acknowledged].filter(([, { to }]) => to === view)
      expect([...view.bodies.keys()].sort()).toEqual(own.map(([id]) => id).sort())
      // Only what its sender had to offer again may have come again: the view knows it by its id.
      for (const id of view.again) expect(acknowledged.get(id)?.tries).toBeGreaterThan(1)
    }
    for (const relay of relays) expect(relay.log()).not.toContain('request-failed')
  } finally {
    over = true
    await Promise.all(peers.map(async (peer) => peer.stop()))
    for (const relay of relays) await relay.kill()
    for (const folder of folders) await rm(folder, { recursive: true, force: true })
  }
})
