/** What a connected device costs: memory, the connecting, standing by; beside a bare WebSocket server. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LIBP2P_LIMITS } from '../../../relay-server/limits.ts'
import { RELAY_PING } from '../../../src/adapters/network/watch-relay.ts'
import { infoOf } from '../../contract/relay/kit/peer.ts'
import { cpuOf, residentOf, startChild, type BenchProcess } from './child.ts'
import { relayEnv } from './deposits.ts'
import { report } from './report.ts'

const STEPS = [100, 1_000, 2_000]
const KIB = 1024
/** Seconds of standing by: more than a round of the devices' pings and two of the relay's. */
const IDLE = 60

interface Held {
  readonly devices: number
  readonly bytesEach: number
  readonly cpuEach: number
}

/** Connects in steps; what one connection costs at each. */
const hold = async (
  server: BenchProcess,
  devices: BenchProcess,
  onFull: () => Promise<void> = async () => {}
): Promise<Held[]> => {
  const empty = await residentOf(server)
  const held: Held[] = []
  let open = 0
  for (const count of STEPS) {
    const before = cpuOf(server.pid)
    await devices.ask(count - open)
    const cpuEach = (cpuOf(server.pid) - before) / (count - open)
    open = count
    held.push({ devices: count, bytesEach: ((await residentOf(server)) - empty) / count, cpuEach })
  }
  await onFull()
  return held
}

const print = (server: string, held: readonly Held[], limit?: number): void => {
  for (const { devices, bytesEach, cpuEach } of held) {
    const kib = bytesEach / KIB
    const more = limit === undefined || devices !== STEPS.at(-1) ? {} : { limit, ok: kib <= limit }
    report({
      figure: 'memory per connection',
      server,
      unit: 'KiB',
      value: kib,
      connections: devices,
      ...more,
    })
    report({ figure: 'connects per core', server, unit: '1/s', value: 1 / cpuEach, connections: devices })
  }
}

export const benchConnections = async (): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'mepassa-bench-'))
  {
    await using relay = await startChild('./relay-child.ts', relayEnv(folder))
    const target = (await infoOf(relay.url)).addresses.find((address) => address.includes('/ws/')) ?? ''
    await using devices = await startChild('./devices-child.ts', { TARGET: target })
    const held = await hold(relay, devices, async () => {
      const before = cpuOf(relay.pid)
      await new Promise((resolve) => setTimeout(resolve, IDLE * 1_000))
      const percent = ((cpuOf(relay.pid) - before) / IDLE) * 100
      report({
        figure: 'CPU of standing by',
        server: 'mepassa',
        unit: '% of a core',
        value: percent,
        connections: STEPS.at(-1) ?? 0,
        pingSecondsOfRelay: LIBP2P_LIMITS.pingInterval / 1_000,
        pingSecondsOfDevice: (RELAY_PING.least + RELAY_PING.most) / 2_000,
        limit: 10,
        ok: percent < 10,
      })
    })
    print('mepassa', held, 200)
  }
  {
    await using echo = await startChild('./ws-echo-child.ts')
    await using sockets = await startChild('./devices-child.ts', { TARGET: `ws://127.0.0.1:${echo.port}` })
    print('bare ws', await hold(echo, sockets))
  }
  await rm(folder, { recursive: true, force: true })
}
