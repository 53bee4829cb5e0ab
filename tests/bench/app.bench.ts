import type { Page } from 'playwright'
import { pathIs } from '../support/app.ts'
import { NO_DIRECT_PATH } from '../support/browser.ts'
import { befriend, createWorld, type World } from '../support/world.ts'
import { bareBundle } from './app/bare-bundle.ts'
import { median, report } from './app/figures.ts'
import { firstDirectMessage } from './app/first-message.ts'
import { messageTimes, type MessageRun } from './app/message-time.ts'

// Message time app to app, beside a bare libp2p stream and a raw data channel between the same two pages; cold start; dial failures.
const MESSAGES = 30
const WARM_UP = 5
const ROUND_TRIPS = 20
const DIALS = 100
const STARTS = 7
const DIRECT_LIMIT = 15
const MAILBOX_LIMIT = 2

const relayAddress = async (relay: string): Promise<string> => {
  const info = (await (await fetch(`${relay}/v1/info`)).json()) as { peerId: string }
  const { hostname, port } = new URL(relay)
  return `/dns4/${hostname}/tcp/${port}/ws/p2p/${info.peerId}`
}

const startBare = async (page: Page, script: string, relay: string): Promise<string> => {
  await page.evaluate(script)
  return page.evaluate(
    async (address) => (window.bareNode = await window.barePeer.start(address)).address,
    relay
  )
}

const rawChannel = async (a: Page, b: Page): Promise<number[]> => {
  const offer = await a.evaluate(() => (window.bareChannel = window.barePeer.channel()).offer())
  const answer = await b.evaluate(
    (text) => (window.bareChannel = window.barePeer.channel()).answer(text),
    offer
  )
  await a.evaluate((text) => window.bareChannel.accept(text), answer)
  return a.evaluate((count) => window.bareChannel.roundTrips(count), ROUND_TRIPS)
}

/** Hangs up and dials again; counts what fails. */
const dialFailures = (page: Page, to: string): Promise<number> =>
  page.evaluate(
    async ([address, count]) => {
      let failures = 0
      for (let i = 0; i < count; i++) {
        await window.bareNode.hangUp()
        await window.bareNode.dial(address).catch(() => failures++)
      }
      return failures
    },
    [to, DIALS] as const
  )

const direct = async (world: World): Promise<number> => {
  const { ana, bia } = world
  await befriend(world)
  await Promise.all([pathIs(ana.page, 'direct'), pathIs(bia.page, 'direct')])
  const script = await bareBundle()
  const relay = await relayAddress(world.relay.url)
  const to = await startBare(bia.page, script, relay)
  await startBare(ana.page, script, relay)
  await ana.page.evaluate((address) => window.bareNode.dial(address), to)
  const raw = await rawChannel(ana.page, bia.page)
  const stream: number[] = []
  const between = async (): Promise<void> => {
    stream.push(...(await ana.page.evaluate((count) => window.bareNode.roundTrips(count), ROUND_TRIPS)))
  }
  const times = await run(world, { label: 'direct', settled: true, between })
  const busy = await run(world, { label: 'busy', settled: false, between })
  const bare = { bareStreamRoundTrip: median(stream), rawChannelRoundTrip: median(raw) }
  const ratio = median(times) / median(stream)
  const line = { unit: 'ms', app: median(times), ...bare, ratio, limit: DIRECT_LIMIT }
  report('message time, direct', line, ratio <= DIRECT_LIMIT)
  const busyRatio = median(busy) / median(stream)
  report('message time, direct, one right after the other', {
    unit: 'ms',
    app: median(busy),
    ratio: busyRatio,
  })
  const failures = await dialFailures(ana.page, to)
  report('dial failures', { dials: DIALS, failures, limit: 0 }, failures === 0)
  await Promise.all([ana, bia].map(({ page }) => page.evaluate(() => window.bareNode.stop())))
  return median(times)
}

const run = async ({ ana, bia }: World, how: MessageRun): Promise<number[]> =>
  (await messageTimes(ana.page, bia.page, MESSAGES + WARM_UP, how)).slice(WARM_UP)

{
  let directTime: number
  {
    await using world = await createWorld()
    directTime = await direct(world)
    const starts = await firstDirectMessage(world, STARTS)
    report('page load to first direct message', { unit: 'ms', median: median(starts), runs: STARTS })
  }
  await using world = await createWorld({ browser: { flags: [NO_DIRECT_PATH] } })
  await befriend(world)
  await Promise.all([pathIs(world.ana.page, 'relay'), pathIs(world.bia.page, 'relay')])
  const times = await run(world, { label: 'mailbox', settled: true })
  const ratio = median(times) / directTime
  report(
    'message time, mailbox',
    { unit: 'ms', app: median(times), direct: directTime, ratio, limit: MAILBOX_LIMIT },
    ratio <= MAILBOX_LIMIT
  )
}
