/** What goes wrong between two devices, and heals, or stops and asks. */
import { expect, test } from 'vitest'
import {
  appendToChain,
  encodeDeviceList,
  listSigningInput,
  listVersion,
} from '../../src/protocol/device-list.ts'
import { OLDER_COPY, type OwnAccount } from '../../src/core/ports/storage.ts'
import type { DeviceId } from '../../src/protocol/ids.ts'
import { PrivateKey } from '../../src/signal/index.ts'
import { fromBase64Url } from '../../src/lib/bytes.ts'
import { createHeadless, meet, type Headless } from '../support/headless.ts'
import { newFolder } from '../support/profile.ts'
import { startRelayProcess } from '../support/relay-process.ts'
import { until } from '../support/until.ts'

const stage = async () => {
  const stack = new AsyncDisposableStack()
  const folder = stack.use(await newFolder('relay'))
  const relay = await startRelayProcess({ dataDir: folder.path, env: { WEBRTC_PORT: 'off' } })
  stack.defer(() => relay.kill())
  const ana = stack.use(await createHeadless('Ana', relay.url))
  const bia = stack.use(await createHeadless('Bia', relay.url))
  await meet(ana, bia)
  return { ana, bia, relay, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

const delivered = (from: Headless, to: Headless, message: Awaited<ReturnType<Headless['say']>>) =>
  until('the message is delivered', () => ['delivered', 'read'].includes(from.state(to, message) ?? ''))

test('a lost session heals itself: the gap is asked for again and filled, once and in its place', async () => {
  await using s = await stage()
  await delivered(s.ana, s.bia, await s.ana.say(s.bia, 'before'))
  // Bia loses her half of the session, as after a damaged database.
  s.bia.store.transaction((tx) => tx.signal.removeSession(`${s.ana.account}.1`))
  const lost = await s.ana.say(s.bia, 'through a broken session')
  await until('the text has arrived after all', () => s.bia.texts(s.ana).includes('through a broken session'))
  await delivered(s.ana, s.bia, lost)
  await delivered(s.ana, s.bia, await s.ana.say(s.bia, 'after'))
  await delivered(s.bia, s.ana, await s.bia.say(s.ana, 'and back'))
  expect(s.bia.texts(s.ana)).toEqual(['before', 'through a broken session', 'after', 'and back'])
  await until('Ana has the answer', () => s.ana.texts(s.bia).length === 4)
  expect(s.ana.texts(s.bia)).toEqual(s.bia.texts(s.ana))
})

test('a store that has lost its last commits sends nothing with their keys: it becomes a new device first', async () => {
  await using s = await stage()
  await delivered(s.bia, s.ana, await s.bia.say(s.ana, 'before'))
  const { device } = s.bia.own()
  await s.bia.away()
  s.bia.store.transaction((tx) => tx.settings.put(OLDER_COPY, 'yes'))
  await s.bia.back()
  const waiting = await s.bia.say(s.ana, 'after the loss')
  await until('Bia has become a new device', () => s.bia.own().device !== device)
  expect(s.ana.texts(s.bia), 'nothing went out before that').toEqual(['before'])
  expect(s.bia.state(s.ana, waiting)).toBe('pending')
  // As the app does when the core asks for it.
  await s.bia.away()
  await s.bia.back()
  await delivered(s.bia, s.ana, waiting)
  await delivered(s.ana, s.bia, await s.ana.say(s.bia, 'and back'))
  expect(s.ana.texts(s.bia)).toEqual(['before', 'after the loss', 'and back'])
  expect(s.bia.texts(s.ana)).toEqual(s.ana.texts(s.bia))
})

/** The list of `who`, renewed and signed: with a further device, as linking one will, and with the present one or without it. */
const nextList = async (
  who: Headless,
  keepsPresent: boolean
): Promise<Pick<OwnAccount, 'listChain' | 'listRevision'>> => {
  const own = who.own()
  const list = await who.crypto.verifyList(own.listChain)
  if (!list.ok) throw new Error('own list does not verify')
  const bytes = (text: string): Uint8Array => fromBase64Url(text) ?? new Uint8Array()
  const present = list.value.devices.map((device) => ({
    ...device,
    identityKey: bytes(device.identityKey),
    requestKey: bytes(device.requestKey),
  }))
  const { revision, hash } = listVersion(own.listChain)
  const next = encodeDeviceList({
    accountKey: own.accountKey,
    revision: revision + 1,
    previousHash: hash,
    devices: [
      ...(keepsPresent ? present : []),
      {
        id: 2 as DeviceId,
        identityKey: PrivateKey.generate().getPublicKey().serialize(),
        registrationId: 7,
        requestKey: new Uint8Array(32).fill(9),
      },
    ],
    relays: own.relays,
    signedAt: Date.now(),
  })
  const signature = PrivateKey.deserialize(own.identityPrivate).sign(listSigningInput(next))
  const listChain = appendToChain(own.listChain, { list: next, signature, signer: own.device })
  if (!listChain) throw new Error('the chain is full')
  return { listChain, listRevision: revision + 1 }
}

test('a new device of a verified contact stops sending until the person has looked', async () => {
  await using s = await stage()
  await s.ana.core.call('markVerified', { account: s.bia.account, verified: true })
  const list = await nextList(s.bia, true)
  s.bia.store.transaction((tx) => tx.account.put({ ...s.bia.own(), ...list }))
  await s.bia.say(s.ana, 'from a list that is newer')
  const safety = () => s.ana.store.read((tx) => tx.contacts.get(s.bia.account)?.safety)
  await until('Ana is asked to look', () => safety() === 'review')

  const waiting = await s.ana.say(s.bia, 'not before you have looked')
  await s.bia.say(s.ana, 'still heard')
  await until('Ana still hears', () => s.ana.texts(s.bia).includes('still heard'))
  expect(s.ana.state(s.bia, waiting)).toBe('pending')
  expect(s.bia.texts(s.ana)).not.toContain('not before you have looked')

  const shown = await s.ana.core.call('safety', { account: s.bia.account })
  expect(shown.ok && shown.value.newDevices).toEqual([2])
  await s.ana.core.call('confirmSafety', { account: s.bia.account })
  await until('it arrives now', () => s.bia.texts(s.ana).includes('not before you have looked'))
  expect(safety()).toBe('unverified')
})

test('a blocked contact gets nowhere, and is heard again after that is taken back', async () => {
  await using s = await stage()
  await delivered(s.bia, s.ana, await s.bia.say(s.ana, 'hello'))
  await s.ana.core.call('block', { account: s.bia.account })
  let dealtWith = 0
  s.ana.store.onCommit(({ tables }) => {
    if (tables.has('inbox')) dealtWith++
  })
  const unheard = await s.bia.say(s.ana, 'let me in')
  await until('it is at the relay', () => s.bia.state(s.ana, unheard) === 'sent')
  await until('Ana has dealt with it', () => dealtWith > 0)
  expect(
    (
      await s.ana.core.call('sendMessage', {
        conversation: s.bia.account as never,
        id: 'ab'.repeat(16) as never,
        text: 'x',
      })
    ).ok
  ).toBe(false)
  expect(s.ana.texts(s.bia)).toEqual(['hello'])
  await s.ana.core.call('unblock', { account: s.bia.account })
  await delivered(s.bia, s.ana, await s.bia.say(s.ana, 'thank you'))
  expect(s.ana.texts(s.bia)).toContain('thank you')
})

test('a device that was removed from its account’s list gets nowhere', async () => {
  await using s = await stage()
  await delivered(s.bia, s.ana, await s.bia.say(s.ana, 'hello'))
  // Ana has learned of a list without the device that Bia is still writing from.
  const list = await nextList(s.bia, false)
  s.ana.store.transaction((tx) => {
    const bia = tx.contacts.get(s.bia.account)
    if (bia) tx.contacts.put({ ...bia, ...list })
  })
  let dealtWith = 0
  s.ana.store.onCommit(({ tables }) => {
    if (tables.has('inbox')) dealtWith++
  })
  const unheard = await s.bia.say(s.ana, 'from a stolen telephone')
  await until('it is at the relay', () => s.bia.state(s.ana, unheard) === 'sent')
  await until('Ana has dealt with it', () => dealtWith > 0)
  expect(s.ana.texts(s.bia)).toEqual(['hello'])
  expect(s.bia.state(s.ana, unheard)).toBe('sent')
})

test('mail survives a relay that is killed and started again on the same folder', async () => {
  await using s = await stage()
  const messages = []
  for (let i = 1; i <= 20; i++) {
    messages.push(await s.ana.say(s.bia, `number ${i}`))
    if (i === 10) {
      await s.relay.kill()
      await s.relay.start()
    }
  }
  for (const message of messages) await delivered(s.ana, s.bia, message)
  expect(s.bia.texts(s.ana)).toEqual(messages.map(({ text }) => text))
})
