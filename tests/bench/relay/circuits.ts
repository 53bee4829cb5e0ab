/** Bytes over circuits: how fast, and what they cost the relay; beside a bare WebSocket server that sends them back. */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { dialRelay, infoOf, newCircuitPeer } from '../../contract/relay/kit/peer.ts'
import { until } from '../../support/until.ts'
import { cpuOf, startChild } from './child.ts'
import { relayEnv } from './deposits.ts'
import { report } from './report.ts'

const MIB = 1024 * 1024
const PROTOCOL = '/bench/sink'
const DIALLERS = 8
const TARGETS = 16
/** A circuit carries 128 KiB and then ends: its handshake what libp2p itself says there and this much fit. */
const EACH = 64 * 1024
const PART = 16 * 1024
const ROUND_TRIPS = 256

/** Opens every circuit first, then sends over all of them at once. */
const overCircuits = async (url: string, pid: number): Promise<{ seconds: number; cpu: number }> => {
  const peers = await Promise.all(Array.from({ length: DIALLERS + TARGETS }, newCircuitPeer))
  const [diallers, targets] = [peers.slice(0, DIALLERS), peers.slice(DIALLERS)]
  let heard = 0
  for (const peer of targets) {
    await peer.handle(
      PROTOCOL,
      (stream) => stream.addEventListener('message', ({ data }) => void (heard += data.byteLength)),
      { runOnLimitedConnection: true }
    )
    await dialRelay(peer, url)
    await until('a reservation', () => peer.getMultiaddrs().length > 0)
  }
  const [address] = (await infoOf(url)).addresses
  const streams: Stream[] = []
  for (const from of diallers)
    for (const to of targets) {
      const circuit = multiaddr(`${address}/p2p-circuit/p2p/${to.peerId.toString()}`)
      const connection = await from.dial(circuit)
      streams.push(await connection.newStream(PROTOCOL, { runOnLimitedConnection: true }))
    }
  const before = cpuOf(pid)
  const began = performance.now()
  await Promise.all(
    streams.map(async (stream) => {
      for (let sent = 0; sent < EACH; sent += PART)
        if (!stream.send(new Uint8Array(PART))) await stream.onDrain()
    })
  )
  await until('all is there', () => heard === streams.length * EACH)
  const result = { seconds: (performance.now() - began) / 1_000, cpu: cpuOf(pid) - before }
  await Promise.all(peers.map(async (peer) => peer.stop()))
  return result
}

const overEcho = async (port: number, pid: number): Promise<{ seconds: number; cpu: number }> => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`)
  await once(socket, 'open')
  const part = Buffer.alloc(PART)
  const before = cpuOf(pid)
  const began = performance.now()
  let heard = 0
  const all = new Promise<void>((resolve) => {
    socket.addEventListener('message', () => ++heard === ROUND_TRIPS * (MIB / PART) && resolve())
  })
  for (let n = 0; n < ROUND_TRIPS * (MIB / PART); n++) socket.send(part)
  await all
  const result = { seconds: (performance.now() - began) / 1_000, cpu: cpuOf(pid) - before }
  socket.close()
  return result
}

export const benchCircuits = async (): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'mepassa-bench-'))
  const print = (server: string, mebibytes: number, { seconds, cpu }: { seconds: number; cpu: number }) => {
    report({ figure: 'relayed', server, unit: 'MiB/s', value: mebibytes / seconds })
    report({ figure: 'CPU of relaying', server, unit: 'ms/MiB', value: (cpu * 1_000) / mebibytes })
  }
  {
    await using relay = await startChild('./relay-child.ts', relayEnv(folder))
    print('mepassa', (DIALLERS * TARGETS * EACH) / MIB, await overCircuits(relay.url, relay.pid))
    await using echo = await startChild('./ws-echo-child.ts')
    print('bare ws', ROUND_TRIPS, await overEcho(echo.port, echo.pid))
  }
  await rm(folder, { recursive: true, force: true })
}
