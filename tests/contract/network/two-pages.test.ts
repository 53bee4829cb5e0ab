import { fromBinary } from '@bufbuild/protobuf'
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LocalPeer } from '../../../src/core/ports/network.ts'
import { fromHex } from '../../../src/lib/bytes.ts'
import { MailboxFrameSchema } from '../../../src/protocol/gen/wire_pb.js'
import { LIMITS } from '../../../src/protocol/limits.ts'
import { newFolder, type Folder } from '../../support/profile.ts'
import { startRelayProcess, type RelayProcess } from '../../support/relay-process.ts'
import { until } from '../../support/until.ts'
import { deposit, depositBody, newDevice } from '../relay/kit/device.ts'
import { openPages, type Pages, type PeerTab } from './kit/pages.ts'

/** A relay that nobody runs. */
const NOBODY = '12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7'
const HASH = 'uEiAkH5a4DPGKUuOBjYw0CgwjvcJCJMD2K_1aluKR_tpevQ'
let folder: Folder
let relay: RelayProcess
let pages: Pages

beforeAll(async () => {
  folder = await newFolder('relay')
  relay = await startRelayProcess({ dataDir: folder.path })
  pages = await openPages()
}, 120_000)
afterAll(async () => {
  await pages?.[Symbol.asyncDispose]()
  await relay?.kill()
  await folder?.[Symbol.asyncDispose]()
})

const dial = (tab: PeerTab, peer: LocalPeer): Promise<string> =>
  tab.page.evaluate((to) => window.peerPage.dial(to), peer)
/** Dials until it is there, as the app does: one try may take longer than it is given. */
const reach = (tab: PeerTab, peer: LocalPeer): Promise<boolean> =>
  until('it is reached', async () => (await dial(tab, peer)) === 'ok')
const allow = (tab: PeerTab, peerId: string): Promise<void> =>
  tab.page.evaluate((id) => window.peerPage.call('allow', id), peerId)
const send = (tab: PeerTab, peerId: string, length: number, byte: number): Promise<string> =>
  tab.page.evaluate(([id, size, value]) => window.peerPage.send(id, size, value), [
    peerId,
    length,
    byte,
  ] as const)
const framesOf = async (tab: PeerTab): Promise<readonly string[]> =>
  (await tab.heard('frame')).map(({ what }) => what)
const got = (tab: PeerTab, frames: readonly string[]): Promise<boolean> =>
  until('the frames are there', async () => (await framesOf(tab)).join() === frames.join())
const mailboxCases = async (tab: PeerTab): Promise<readonly (string | undefined)[]> =>
  (await tab.heard('mailbox')).map(
    ({ what }) => fromBinary(MailboxFrameSchema, fromHex(what) ?? new Uint8Array()).frame.case
  )

test(
  'two pages talk directly; the relay may be killed, and when it is back so are they, without a reload',
  { timeout: 180_000 },
  async () => {
    const [ana, bia, eva] = [
      await pages.open(relay.url),
      await pages.open(relay.url),
      await pages.open(relay.url),
    ]
    const [anaAt, biaAt] = [await ana.ready(), await bia.ready()]
    await eva.ready()

    await allow(bia, anaAt.peerId)
    await reach(ana, biaAt)
    expect(await dial(eva, biaAt)).toBe('refused')
    await until('both know', async () => (await bia.state('peer', anaAt.peerId)) === 'connected')
    expect(await send(ana, biaAt.peerId, LIMITS.frameBytes, 1)).toBe('ok')
    expect(await send(ana, biaAt.peerId, 5, 2)).toBe('ok')
    expect(await send(bia, anaAt.peerId, 7, 3)).toBe('ok')
    await got(bia, [`${LIMITS.frameBytes}:1`, '5:2'])
    await got(ana, ['7:3'])
    expect((await bia.heard('peer')).map(({ who }) => who)).toEqual([anaAt.peerId])

    await relay.kill()
    for (const tab of [ana, bia]) {
      await until(
        'the page notices',
        async () => (await tab.state('relay', relay.url)) !== 'connected' && (await tab.local()) === null
      )
    }
    expect(await send(ana, biaAt.peerId, 9, 4)).toBe('ok')
    expect(await send(bia, anaAt.peerId, 11, 5)).toBe('ok')
    await got(bia, [`${LIMITS.frameBytes}:1`, '5:2', '9:4'])
    await got(ana, ['7:3', '11:5'])

    await relay.start()
    const before = (await mailboxCases(bia)).length
    for (const tab of [ana, bia, eva]) await tab.ready()
    const id = new Uint8Array(randomBytes(16))
    await deposit(relay.url, bia.device.account, bia.device.deliveryKey, depositBody([{ id }]))
    await until('mail comes by the new stream', async () =>
      (await mailboxCases(bia)).slice(before).includes('delivery')
    )
    expect(await ana.state('peer', biaAt.peerId)).toBe('connected')
    await allow(bia, (await eva.ready()).peerId)
    await reach(eva, await bia.ready())
  }
)

test('a page that stops says so', async () => {
  const [ana, bia] = [await pages.open(relay.url), await pages.open(relay.url)]
  const [anaAt, biaAt] = [await ana.ready(), await bia.ready()]
  await allow(bia, anaAt.peerId)
  await reach(ana, biaAt)
  await until('both know', async () => (await bia.state('peer', anaAt.peerId)) === 'connected')
  // Whether the last packet of a page that is closed gets out is the browser's affair; here it stays open and only stops.
  await ana.page.evaluate(() => window.peerPage.stop())
  await until('the other side knows', async () => (await bia.state('peer', anaAt.peerId)) === 'disconnected')
})

test('Kademlia and WebTransport load when they are needed, and only then', async () => {
  const ana = await pages.open(relay.url)
  await ana.ready()
  const loaded: string[] = []
  ana.page.on('request', (request) => loaded.push(new URL(request.url()).pathname))
  /** Which of the two libraries were loaded since, by a word that stands in their code alone. */
  const libraries = async (): Promise<readonly string[]> => {
    const texts = await ana.page.evaluate(
      (paths) => Promise.all(paths.map(async (path) => (await fetch(path)).text())),
      loaded.filter((path) => path.endsWith('.js'))
    )
    return ['libp2p:kad-dht', '.well-known/libp2p-webtransport'].filter((word) =>
      texts.some((text) => text.includes(word))
    )
  }
  expect(await libraries()).toEqual([])

  const { locator } = await newDevice(relay.url)
  expect(await ana.page.evaluate((id) => window.peerPage.dhtGet(id), locator)).toBe('not-found')
  expect(await libraries()).toEqual(['libp2p:kad-dht'])

  const biaId = (await (await pages.open(relay.url)).ready()).peerId
  const elsewhere = `/ip4/127.0.0.1/udp/9/quic-v1/webtransport/certhash/${HASH}/certhash/${HASH}/p2p/${NOBODY}`
  const reason = await dial(ana, {
    peerId: biaId,
    addresses: [`${elsewhere}/p2p-circuit/webrtc/p2p/${biaId}`],
  })
  expect(['relay-unreachable', 'timeout']).toContain(reason)
  expect(await libraries()).toEqual(['libp2p:kad-dht', '.well-known/libp2p-webtransport'])
})
