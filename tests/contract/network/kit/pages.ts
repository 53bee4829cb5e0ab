import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { chromium, type Page } from 'playwright'
import { build } from 'vite'
import { findChromium } from '../../../../scripts/lib/find-chromium.ts'
import type { LocalPeer } from '../../../../src/core/ports/network.ts'
import { fromHex, toHex } from '../../../../src/lib/bytes.ts'
import { CHROMIUM_FLAGS } from '../../../support/chromium.ts'
import { PATIENCE, until } from '../../../support/until.ts'
import { newDevice, type Device } from '../../relay/kit/device.ts'
import { infoOf } from '../../relay/kit/peer.ts'
import type { Heard } from '../page/peer-page.ts'
import { helloOf } from './node.ts'

/** A browser with pages that run the peer network, each in a context of its own. */
export interface Pages extends AsyncDisposable {
  /** A page whose device is registered at the relay; its network runs. */
  open(relay: string, options?: TabOptions): Promise<PeerTab>
  /** A page whose network has not started. */
  blank(options?: TabOptions): Promise<Page>
}

export interface TabOptions {
  /** Every WebRTC connection of the page may go over TURN only. */
  readonly relayOnly?: boolean
}

export interface PeerTab {
  readonly page: Page
  readonly device: Device
  heard(type?: Heard['type']): Promise<readonly Heard[]>
  /** The newest state of the relay link or of a peer. */
  state(type: 'relay' | 'peer', who: string): Promise<string | undefined>
  local(): Promise<LocalPeer | null>
  /** Waits until the mailbox stream is up and a reservation is made. */
  ready(): Promise<LocalPeer>
}

/** In the page, before its own code. */
const allowRelayOnly = (): void => {
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super({ ...configuration, iceTransportPolicy: 'relay' })
    }
  }
}

const HTML =
  '<!doctype html><meta charset="utf-8"><title>peers</title><script type="module" src="/page.js"></script>'

/** Builds the page with its lazy chunks; file names tell what is in them. */
const bundle = async (): Promise<ReadonlyMap<string, string>> => {
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      target: 'esnext',
      modulePreload: false,
      rollupOptions: {
        input: join(import.meta.dirname, '..', 'page', 'peer-page.ts'),
        output: { entryFileNames: 'page.js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  })
  const [first] = Array.isArray(result) ? result : [result]
  if (!first || !('output' in first)) throw new Error('the page did not build')
  return new Map(
    first.output.flatMap((part) => (part.type === 'chunk' ? [[`/${part.fileName}`, part.code]] : []))
  )
}

/** Starts a browser; pages are served on a free port. */
export const openPages = async (): Promise<Pages> => {
  const files = await bundle()
  const server = createServer((request, response) => {
    const code = files.get(request.url ?? '')
    response.setHeader('content-type', code === undefined ? 'text/html' : 'text/javascript')
    response.end(code ?? HTML)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`
  const executablePath = findChromium()
  const browser = await chromium.launch({
    ...(executablePath === null ? {} : { executablePath }),
    args: [...CHROMIUM_FLAGS],
  })
  const blank = async ({ relayOnly = false }: TabOptions = {}): Promise<Page> => {
    const page = await (await browser.newContext()).newPage()
    page.setDefaultTimeout(PATIENCE)
    if (relayOnly) await page.addInitScript(allowRelayOnly)
    await page.goto(origin)
    await page.waitForFunction(() => 'peerPage' in window)
    return page
  }
  const open = async (relay: string, options?: TabOptions): Promise<PeerTab> => {
    const page = await blank(options)
    const device = await newDevice(relay)
    await device.ready()
    const hello = helloOf(device)
    await page.exposeFunction('signHello', async (own: string, relayPeer: string) =>
      toHex(await hello(fromHex(own) ?? new Uint8Array(), fromHex(relayPeer) ?? new Uint8Array()))
    )
    await page.evaluate(([url, info]) => window.peerPage.start(url, info), [
      relay,
      await infoOf(relay),
    ] as const)
    const heard = async (type?: Heard['type']): Promise<readonly Heard[]> => {
      const all = await page.evaluate(() => window.peerPage.heard())
      return type === undefined ? all : all.filter((one) => one.type === type)
    }
    const state: PeerTab['state'] = async (type, who) =>
      (await heard(type)).findLast((one) => one.who === who)?.what
    const local = (): Promise<LocalPeer | null> => page.evaluate(() => window.peerPage.local())
    return {
      page,
      device,
      heard,
      state,
      local,
      ready: () =>
        until('the page is reachable', async () =>
          (await state('relay', relay)) === 'connected' ? local() : null
        ),
    }
  }
  return {
    blank,
    open,
    [Symbol.asyncDispose]: async () => {
      await browser.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
