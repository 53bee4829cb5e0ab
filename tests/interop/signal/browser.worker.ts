import * as ours from '../../../src/signal/index.ts'
import { runRound } from '../../bench/signal/scenarios.ts'
import { createPartyOn, type Party, type Peer, type Published } from './harness.ts'

// The browser's end of the bridge: a party in a worker, driven by the test through the page.
const providers = { webcrypto: ours.defaultProvider, pure: ours.pureProvider }
const parties = new Map<string, Party>()

const partyOf = (name: string): Party => {
  const party = parties.get(name)
  if (!party) throw new Error(`no party ${name}`)
  return party
}

const peer = (service: string, device: number, published?: Published): Peer => ({
  address: ours.ProtocolAddress.new(service, device),
  publish: async () => {
    if (!published) throw new Error('nothing published')
    return published
  },
})

const operations = {
  create: async (name: string, service: string, device: number, provider: 'webcrypto' | 'pure') => {
    parties.set(name, createPartyOn('ours', ours, service, device, { provider: providers[provider] }))
  },
  publish: (name: string) => partyOf(name).publish(),
  begin: (name: string, service: string, device: number, published: Published) =>
    partyOf(name).begin(peer(service, device, published)),
  encrypt: (name: string, service: string, device: number, text: string) =>
    partyOf(name).encrypt(peer(service, device), Uint8Array.from(new TextEncoder().encode(text))),
  decrypt: async (
    name: string,
    service: string,
    device: number,
    type: number,
    bytes: Uint8Array<ArrayBuffer>
  ) => new TextDecoder().decode(await partyOf(name).decrypt(peer(service, device), { type, bytes })),
  verify: async (key: Uint8Array, message: Uint8Array, signature: Uint8Array) =>
    ours.defaultProvider.verify(key, message, signature),
  bench: () =>
    runRound((options) => [
      createPartyOn('ours', ours, 'alice', 1, options),
      createPartyOn('ours', ours, 'bob', 1, options),
    ]),
}
export type Operations = typeof operations

self.addEventListener(
  'message',
  (event: MessageEvent<{ id: number; name: keyof Operations; args: never[] }>) => {
    const { id, name, args } = event.data
    const run = operations[name] as (...values: never[]) => Promise<unknown>
    run(...args).then(
      (value) => self.postMessage({ id, value }),
      (error: unknown) => self.postMessage({ id, error: String(error) })
    )
  }
)
