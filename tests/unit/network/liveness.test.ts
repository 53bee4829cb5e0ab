import type { Stream } from '@libp2p/interface'
import { streamPair } from '@libp2p/utils'
import { expect, test } from 'vitest'
import { createEcho } from '../../../src/adapters/network/echo.ts'
import { watchLiveness } from '../../../src/adapters/network/liveness.ts'
import { RELAY_PING, createRelayWatch } from '../../../src/adapters/network/watch-relay.ts'
import { systemClock, systemRandom } from '../../../src/host/platform.ts'
import { until } from '../../support/until.ts'
import { createHandClock } from '../client/hand-clock.ts'

/** A connection whose other end sends back what comes, as long as `alive`. */
const echoing = () => {
  const far: Stream[] = []
  const state = { alive: true }
  return {
    far,
    state,
    newStream: async () => {
      const [near, other] = await streamPair({ protocol: '/ipfs/ping/1.0.0' })
      other.addEventListener('message', ({ data }) => {
        if (state.alive && other.writeStatus === 'writable') other.send(data)
      })
      far.push(other)
      return near
    },
  }
}
const clocks = { clock: systemClock, random: systemRandom }

test('a kept stream carries question after question, and a new one takes its place when it ends', async () => {
  const connection = echoing()
  const echo = createEcho(connection, { ...clocks, keep: true })
  expect(await echo.ask()).toBeGreaterThan(0)
  await echo.ask()
  await Promise.all([echo.ask(), echo.ask()])
  expect(connection.far).toHaveLength(1)
  await connection.far[0]?.close()
  await echo.ask()
  connection.far[1]?.abort(new Error('reset'))
  await echo.ask()
  expect(connection.far).toHaveLength(3)
})

test('without keeping, each question has a stream of its own, which is closed after it', async () => {
  const connection = echoing()
  const echo = createEcho(connection, { ...clocks, keep: false })
  await echo.ask()
  await echo.ask()
  expect(connection.far).toHaveLength(2)
  await until('both are closed', () =>
    connection.far.every(({ remoteWriteStatus }) => remoteWriteStatus === 'closed')
  )
})

test('an end that sends what nobody asked for is cut off', async () => {
  const connection = echoing()
  const echo = createEcho(connection, { ...clocks, keep: true })
  await echo.ask()
  connection.far[0]?.send(new Uint8Array(1))
  await until('the stream is over', () => connection.far[0]?.status !== 'open')
})

test('a stream that takes nothing is no answer, and its end disturbs nobody', async () => {
  const [near, far] = await streamPair({ protocol: '/ipfs/ping/1.0.0' })
  await near.close()
  const echo = createEcho({ newStream: async () => near }, { ...clocks, keep: false })
  await expect(echo.ask()).rejects.toThrow()
  far.abort(new Error('over'))
  await until('it has ended', () => near.status !== 'open')
})

test('a relay that falls silent is noticed within the stated time, and once', async () => {
  const clock = createHandClock()
  const connection = echoing()
  const silences: string[] = []
  createRelayWatch()({
    clock,
    random: systemRandom,
    connection,
    onSilence: ({ message }) => silences.push(message),
  })
  clock.pass(RELAY_PING.least - 1)
  expect(connection.far).toHaveLength(0)
  connection.state.alive = false
  clock.pass(RELAY_PING.most - RELAY_PING.least + 1)
  await until('it was asked', () => connection.far.length === 1)
  clock.pass(RELAY_PING.patience)
  await until('the silence is told', () => silences.length > 0)
  clock.pass(10 * RELAY_PING.most)
  expect(silences).toEqual(['no answer'])
})

test('it is asked again and again while it answers, at once when it is to be, and no more after the end', async () => {
  const clock = createHandClock()
  let asked = 0
  const silences: Error[] = []
  const liveness = watchLiveness({
    clock,
    echo: { ask: async () => ++asked },
    wait: () => 10,
    patience: 5,
    onSilence: (reason) => silences.push(reason),
  })
  for (const expected of [1, 2, 3]) {
    clock.pass(10)
    await until('it has answered', () => liveness.roundTrip() === expected)
  }
  await liveness.probe(3)
  expect(liveness.roundTrip()).toBe(4)
  liveness.stop()
  clock.pass(1_000)
  expect({ asked, silences }).toEqual({ asked: 4, silences: [] })
})
