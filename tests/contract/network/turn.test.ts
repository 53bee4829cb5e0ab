/** Browsers that find no direct path meet at coturn, with credentials that the relay makes. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as v from 'valibot'
import type { IceServer } from '../../../src/protocol/ice-servers.ts'
import { TurnAccessSchema } from '../../../src/protocol/relay-api.ts'
import { startTurnServer, type TurnServer } from '../../support/turn-server.ts'
import { until } from '../../support/until.ts'
import { newDevice, type Device } from '../relay/kit/device.ts'
import { infoOf } from '../relay/kit/peer.ts'
import { startTestRelay, type TestRelay } from '../relay/kit/relay.ts'
import { openPages, type Pages } from './kit/pages.ts'

const HOUR = 60 * 60 * 1000
let turn: TurnServer
let relay: TestRelay
let pages: Pages

beforeAll(async () => {
  turn = await startTurnServer()
  relay = await startTestRelay({
    config: {
      stunUrls: [turn.stunUrl],
      turn: { urls: turn.urls, secret: null, secretFile: turn.secretFile },
    },
  })
  pages = await openPages()
}, 120_000)
afterAll(async () => {
  await pages?.[Symbol.asyncDispose]()
  await relay?.[Symbol.asyncDispose]()
  await turn?.[Symbol.asyncDispose]()
})

const accessOf = async (device: Device) =>
  v.parse(TurnAccessSchema, await (await device.send('GET', '/v1/ice-servers')).json())

/** In a page: two ends, relayed both; the kinds of the candidates they chose and what the one heard, or that there was no way. */
const meet = async (iceServers: IceServer[]): Promise<string> => {
  const ends = [0, 1].map(() => new RTCPeerConnection({ iceServers, iceTransportPolicy: 'relay' }))
  const [near, far] = ends as [RTCPeerConnection, RTCPeerConnection]
  near.onicecandidate = ({ candidate }) => void far.addIceCandidate(candidate ?? undefined)
  far.onicecandidate = ({ candidate }) => void near.addIceCandidate(candidate ?? undefined)
  const gathered = new Promise<string>((resolve) => {
    near.onicegatheringstatechange = () => {
      const found = near.localDescription?.sdp.match(/^a=candidate/gm)?.length ?? 0
      if (near.iceGatheringState === 'complete' && found === 0) resolve('no way')
    }
  })
  const channel = near.createDataChannel('test')
  channel.onopen = () => channel.send('hello')
  const heard = new Promise<string>((resolve) => {
    far.ondatachannel = (event) => {
      event.channel.onmessage = ({ data }) => resolve(String(data))
    }
  })
  await near.setLocalDescription()
  await far.setRemoteDescription(near.localDescription!)
  await far.setLocalDescription()
  await near.setRemoteDescription(far.localDescription!)
  const outcome = await Promise.race([heard, gathered])
  const pair = near.sctp?.transport.iceTransport.getSelectedCandidatePair()
  for (const end of ends) end.close()
  return outcome === 'hello' ? [outcome, pair?.local.type, pair?.remote.type].join() : outcome
}

test('only a device of the relay gets credentials; the public part names STUN alone', async () => {
  const ana = await newDevice(relay.url)
  expect((await fetch(`${relay.url}/v1/ice-servers`)).status).toBe(401)
  expect((await ana.send('GET', '/v1/ice-servers')).status).toBe(401)
  await ana.ready()
  const { iceServers, ttlSeconds } = await accessOf(ana)
  expect(iceServers).toMatchObject([{ urls: [turn.stunUrl] }, { urls: turn.urls }])
  expect(ttlSeconds).toBeGreaterThanOrEqual(6 * 3600)
  expect((await infoOf(relay.url)).iceServers).toEqual([{ urls: [turn.stunUrl] }])
  // The name tells its end and nothing of whose it is: another device has another, and so has a later hour.
  const names = [iceServers, (await accessOf(ana)).iceServers].map(
    (servers) => (servers[1] as { username: string }).username
  )
  expect(names[0]).toMatch(/^\d{10}:[\w-]{16}$/)
  expect(names[1]).toBe(names[0])
  const bia = await newDevice(relay.url)
  await bia.ready()
  expect((await accessOf(bia)).iceServers[1]).not.toMatchObject({ username: names[0] })
})

test('a page connects through it over UDP and over TCP; wrong and expired credentials open nothing', async () => {
  const page = await pages.blank()
  const ana = await newDevice(relay.url, 1, relay.clock.now)
  await ana.ready()
  const server = (await accessOf(ana)).iceServers[1] as Extract<IceServer, { username: string }>
  for (const url of turn.urls)
    expect(await page.evaluate(meet, [{ ...server, urls: [url] }])).toBe('hello,relay,relay')

  const wrong = { ...server, credential: server.credential.replace(/^./, (one) => (one === 'A' ? 'B' : 'A')) }
  expect(await page.evaluate(meet, [wrong])).toBe('no way')
  const longer = { ...server, username: server.username.replace(/^\d+/, '9999999999') }
  expect(await page.evaluate(meet, [longer])).toBe('no way')

  relay.clock.advance(-24 * HOUR)
  const { iceServers: expired } = await accessOf(ana)
  relay.clock.advance(24 * HOUR)
  expect(await page.evaluate(meet, expired)).toBe('no way')
})

test('the app’s own connections take that way when there is no other', async () => {
  const tabs = [
    await pages.open(relay.url, { relayOnly: true }),
    await pages.open(relay.url, { relayOnly: true }),
  ] as const
  const [ana, bia] = tabs
  const [anaAt, biaAt] = [await ana.ready(), await bia.ready()]
  await bia.page.evaluate((id) => window.peerPage.call('allow', id), anaAt.peerId)
  for (const tab of tabs) {
    const { iceServers } = await accessOf(tab.device)
    await tab.page.evaluate(([origin, servers]) => window.peerPage.useIceServers(origin, servers), [
      relay.url,
      iceServers,
    ] as const)
  }
  await until(
    'it is reached',
    async () => (await ana.page.evaluate((to) => window.peerPage.dial(to), biaAt)) === 'ok'
  )
  expect(await ana.page.evaluate((to) => window.peerPage.send(to, 5, 2), biaAt.peerId)).toBe('ok')
  await until('the frame is there', async () => (await bia.heard('frame')).some(({ what }) => what === '5:2'))
})
