import OfficialSent from '@signalapp/libsignal-client/dist/SealedSenderMultiRecipientMessage.js'
import { describe, expect, test } from 'vitest'
import * as ours from '../../../src/signal/index.ts'
import { asText, createParty, utf8, type LibraryName, type Party } from './party.ts'

const ALICE = '9d0652a3-dcc3-4d11-975f-74d61598733f'
const BOB = '796abedb-ca4e-4f18-8803-1fde5b921f9f'
const CAROL = '1b1b1b1b-ca4e-4f18-8803-1fde5b921f9f'
const EXPIRES = 1_800_000_000_000
const NOW = 1_700_000_000_000
const PAIRS: readonly (readonly [LibraryName, LibraryName])[] = [
  ['ours', 'official'],
  ['official', 'ours'],
  ['ours', 'ours'],
]

const certify = (lib: typeof ours, sender: Party, root: Uint8Array<ArrayBuffer>, expires = EXPIRES) => {
  const trustRoot = lib.PrivateKey.deserialize(root)
  const serverKey = lib.PrivateKey.generate()
  const server = lib.ServerCertificate.new(1, serverKey.getPublicKey(), trustRoot)
  const key = lib.PublicKey.deserialize(sender.identity.getPublicKey().serialize())
  const { SenderCertificate } = lib
  const name = sender.address.name()
  return SenderCertificate.new(
    name,
    '+14151111111',
    sender.address.deviceId(),
    key,
    expires,
    server,
    serverKey
  )
}

const open = (receiver: Party, bytes: Uint8Array<ArrayBuffer>, root: Uint8Array<ArrayBuffer>, time = NOW) => {
  const { sessions, identities, preKeys, signedPreKeys, kyberPreKeys } = receiver.stores
  return receiver.lib.sealedSenderDecryptMessage(
    bytes,
    receiver.lib.PrivateKey.deserialize(root).getPublicKey(),
    time,
    null,
    receiver.address.name(),
    receiver.address.deviceId(),
    sessions,
    identities,
    preKeys,
    signedPreKeys,
    kyberPreKeys
  )
}

describe.each(PAIRS)('spec §10: sealed sender, %s to %s', (from, to) => {
  const root = ours.PrivateKey.generate().serialize()

  test('version 1, a whole message', async () => {
    const [alice, bob] = [createParty(from, ALICE), createParty(to, BOB)]
    await alice.begin(bob)
    const { sessions, identities } = alice.stores
    const certificate = certify(alice.lib, alice, root)
    const seal = (text: string) =>
      alice.lib.sealedSenderEncryptMessage(
        utf8(text),
        alice.addressOf(bob),
        certificate,
        sessions,
        identities
      )
    const result = await open(bob, await seal('secret'), root)
    expect(asText(result.message())).toBe('secret')
    expect([result.senderUuid(), result.deviceId(), result.senderE164()]).toEqual([ALICE, 1, '+14151111111'])
    expect(result.senderAci()?.getServiceIdString()).toBe(ALICE)
    await alice.decrypt(bob, await bob.encrypt(alice, utf8('answer')))
    expect(asText((await open(bob, await seal('whisper'), root)).message())).toBe('whisper')
    const other = ours.PrivateKey.generate().serialize()
    await expect(open(bob, await seal('x'), other)).rejects.toThrow()
    await expect(open(bob, await seal('x'), root, EXPIRES + 1)).rejects.toThrow()
  })

  test('version 1, content with hint and group', async () => {
    const [alice, bob] = [createParty(from, ALICE), createParty(to, BOB)]
    await alice.begin(bob)
    const { lib } = alice
    const { sessions, identities } = alice.stores
    const inner = await lib.signalEncrypt(
      utf8('x'),
      alice.addressOf(bob),
      alice.address,
      sessions,
      identities
    )
    const certificate = certify(lib, alice, root)
    const content = lib.UnidentifiedSenderMessageContent.new(inner, certificate, 1, utf8('group'))
    const sealed = await lib.sealedSenderEncrypt(content, alice.addressOf(bob), identities)
    const opened = await bob.lib.sealedSenderDecryptToUsmc(sealed, bob.stores.identities)
    expect([opened.msgType(), opened.contentHint(), asText(opened.groupId() as Uint8Array)]).toEqual([
      3,
      1,
      'group',
    ])
    expect(Buffer.from(opened.contents())).toEqual(Buffer.from(inner.serialize()))
    expect(Buffer.from(opened.serialize())).toEqual(Buffer.from(content.serialize()))
    expect(opened.senderCertificate().senderUuid()).toBe(ALICE)
    for (let at = 1; at < sealed.length; at += 23) {
      const bad = Uint8Array.from(sealed)
      bad[at] = (bad[at] as number) ^ 4
      await expect(bob.lib.sealedSenderDecryptToUsmc(bad, bob.stores.identities)).rejects.toThrow()
    }
  })

  test('our own message is refused', async () => {
    const [alice, bob] = [createParty(from, BOB), createParty(to, BOB)]
    await alice.begin(bob)
    const { sessions, identities } = alice.stores
    const certificate = certify(alice.lib, alice, root)
    const to1 = alice.addressOf(bob)
    const sealed = await alice.lib.sealedSenderEncryptMessage(
      utf8('x'),
      to1,
      certificate,
      sessions,
      identities
    )
    await expect(open(bob, sealed, root)).rejects.toMatchObject({ code: 2, name: 'SealedSenderSelfSend' })
  })

  test('version 2, many recipients', async () => {
    const alice = createParty(from, ALICE)
    const [bob, carol] = [createParty(to, BOB, 2), createParty(to, CAROL, 1)]
    await alice.begin(bob)
    await alice.begin(carol)
    const { lib } = alice
    const plain = lib.PlaintextContent.from(
      lib.DecryptionErrorMessage.forOriginal(new Uint8Array(100), 7, NOW, 1)
    )
    const certificate = certify(lib, alice, root)
    const content = lib.UnidentifiedSenderMessageContent.new(
      lib.CiphertextMessage.from(plain),
      certificate,
      2,
      null
    )
    const sent = await lib.sealedSenderMultiRecipientEncrypt({
      content,
      recipients: [alice.addressOf(bob), alice.addressOf(carol)],
      excludedRecipients: [lib.ServiceId.parseFromServiceIdString(ALICE)],
      identityStore: alice.stores.identities,
      sessionStore: alice.stores.sessions,
    })
    const parsers = [new ours.SealedSenderMultiRecipientMessage(sent), new OfficialSent(sent)]
    for (const parsed of parsers) {
      const recipients = parsed.recipientsByServiceIdString()
      expect(Object.keys(recipients).sort()).toEqual([CAROL, BOB].sort())
      expect(recipients[BOB]).toMatchObject({ deviceIds: [2], registrationIds: [bob.registrationId] })
      expect(parsed.excludedRecipientServiceIdStrings()).toEqual([ALICE])
      for (const receiver of [bob, carol]) {
        const recipient = recipients[receiver.address.name()] as ours.Recipient
        const delivered = parsed.messageForRecipient(recipient)
        const opened = await receiver.lib.sealedSenderDecryptToUsmc(
          Uint8Array.from(delivered),
          receiver.stores.identities
        )
        expect([opened.msgType(), opened.contentHint(), opened.groupId()]).toEqual([8, 2, null])
        for (let at = 1; at < delivered.length; at += 19) {
          const bad = Uint8Array.from(delivered)
          bad[at] = (bad[at] as number) ^ 4
          await expect(
            receiver.lib.sealedSenderDecryptToUsmc(bad, receiver.stores.identities)
          ).rejects.toThrow()
        }
      }
    }
    const single = await lib.sealedSenderMultiRecipientEncrypt(
      content,
      [alice.addressOf(bob)],
      alice.stores.identities,
      alice.stores.sessions
    )
    const forBob = bob.lib.sealedSenderMultiRecipientMessageForSingleRecipient(Uint8Array.from(single))
    const opened = await bob.lib.sealedSenderDecryptToUsmc(forBob, bob.stores.identities)
    expect(opened.senderCertificate().senderDeviceId()).toBe(1)
  })
})

test('spec §10.4: an entry for each device that has its own identity key', async () => {
  const alice = createParty('ours', ALICE)
  const devices = [createParty('ours', BOB, 1), createParty('official', BOB, 2)]
  for (const device of devices) await alice.begin(device)
  const certificate = certify(alice.lib, alice, ours.PrivateKey.generate().serialize())
  const plain = ours.PlaintextContent.from(
    ours.DecryptionErrorMessage.forOriginal(new Uint8Array(9), 7, NOW, 1)
  )
  const message = ours.CiphertextMessage.from(plain)
  const sent = await ours.sealedSenderMultiRecipientEncrypt({
    content: ours.UnidentifiedSenderMessageContent.new(message, certificate, 0, null),
    recipients: devices.map((device) => alice.addressOf(device)),
    identityStore: alice.stores.identities,
    sessionStore: alice.stores.sessions,
  })
  const deliveries = new ours.SealedSenderMultiRecipientMessage(sent).deliveries()
  expect(deliveries.map((delivery) => delivery.devices.map((device) => device.deviceId))).toEqual([[1], [2]])
  for (const [i, device] of devices.entries()) {
    const { sealedSenderDecryptToUsmc } = device.lib
    const opened = await sealedSenderDecryptToUsmc(
      (deliveries[i] as ours.Delivery).message,
      device.stores.identities
    )
    expect(opened.msgType()).toBe(8)
    const wrong = (deliveries[1 - i] as ours.Delivery).message
    await expect(sealedSenderDecryptToUsmc(wrong, device.stores.identities)).rejects.toThrow()
  }
})
