/**
 * The ground the other stories stand on: two browsers on two machines, with a direct path and a relay path that are
 * really apart. A bare data channel shows that each can be cut alone, and that the counter sees the relay's alone.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright'
import { expect, test } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { createNetwork } from '../support/network.ts'
import { newFolder } from '../support/profile.ts'
import { until } from '../support/until.ts'

interface Bare {
  pc: RTCPeerConnection
  channel: RTCDataChannel
  got: string[]
}
declare global {
  // A place on the page for what two evaluations share.
  var bare: Bare
}

test('the direct path and the relay path are cut and counted apart', async () => {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/html')
    request.resume().on('end', () => response.end('<title>ready</title><link rel="icon" href="data:,">'))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await using anaFolder = await newFolder('ana')
  await using biaFolder = await newFolder('bia')
  await using network = await createNetwork(port)
  const baseURL = `http://localhost:${port}`
  const ana = await openBrowser({ profile: anaFolder.path, executable: network.a.executable, baseURL })
  const bia = await openBrowser({ profile: biaFolder.path, executable: network.b.executable, baseURL })
  await ana.page.goto('/')
  await bia.page.goto('/')

  await connectBare(ana.page, bia.page)
  const before = network.a.relayPath.bytes()
  const body = 'direct '.repeat(10_000)
  await ana.page.evaluate((text) => globalThis.bare.channel.send(text), body)
  await until('the message arrives', () => bia.page.evaluate(() => globalThis.bare.got.length === 1))
  expect(network.a.relayPath.bytes()).toEqual(before)

  await ana.page.evaluate((text) => fetch('/', { method: 'POST', body: text }), body)
  expect(network.a.relayPath.bytes().toRelay - before.toRelay).toBeGreaterThan(body.length)

  await network.cutDirect()
  const state = (): Promise<string> => ana.page.evaluate(() => globalThis.bare.pc.connectionState)
  await until('the direct path is noticed to be gone', async () =>
    ['disconnected', 'failed'].includes(await state())
  )
  expect(await ana.page.evaluate(() => fetch('/').then(({ status }) => status))).toBe(200)
  await network.restoreDirect()
  await connectBare(ana.page, bia.page)

  network.a.relayPath.cut()
  expect(await ana.page.evaluate(() => fetch('/').catch((error: Error) => error.name))).toBe('TypeError')
  await ana.page.evaluate(() => globalThis.bare.channel.send('still direct'))
  await until('the message arrives', () =>
    bia.page.evaluate(() => globalThis.bare.got.includes('still direct'))
  )
  network.a.relayPath.restore()
  expect(await ana.page.evaluate(() => fetch('/').then(({ status }) => status))).toBe(200)

  await ana.close()
  await bia.close()
  server.close()
})

/** Connects two pages with one data channel; offers and answers are carried by hand. */
async function connectBare(a: Page, b: Page): Promise<void> {
  const offer = await a.evaluate(async () => {
    const pc = new RTCPeerConnection()
    globalThis.bare = { pc, channel: pc.createDataChannel('bare'), got: [] }
    await pc.setLocalDescription()
    while (pc.iceGatheringState !== 'complete') {
      await new Promise((resolve) => pc.addEventListener('icegatheringstatechange', resolve, { once: true }))
    }
    return pc.localDescription?.sdp ?? ''
  })
  const answer = await b.evaluate(async (sdp) => {
    const pc = new RTCPeerConnection()
    pc.addEventListener('datachannel', ({ channel }) => {
      globalThis.bare = { pc, channel, got: [] }
      channel.addEventListener('message', ({ data }) => globalThis.bare.got.push(String(data)))
    })
    await pc.setRemoteDescription({ type: 'offer', sdp })
    await pc.setLocalDescription()
    while (pc.iceGatheringState !== 'complete') {
      await new Promise((resolve) => pc.addEventListener('icegatheringstatechange', resolve, { once: true }))
    }
    return pc.localDescription?.sdp ?? ''
  }, offer)
  await a.evaluate(async (sdp) => {
    const { pc, channel } = globalThis.bare
    await pc.setRemoteDescription({ type: 'answer', sdp })
    if (channel.readyState !== 'open') await new Promise((resolve) => (channel.onopen = resolve))
  }, answer)
}
