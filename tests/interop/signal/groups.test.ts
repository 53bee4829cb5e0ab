import { describe, expect, test } from 'vitest'
import { asText, createParty, utf8, type LibraryName, type Party } from './party.ts'

const GROUP = 'd1d1d1d1-7000-11eb-b32a-33b8a8a487a6'
const PAIRS: readonly (readonly [LibraryName, LibraryName])[] = [
  ['ours', 'official'],
  ['official', 'ours'],
  ['ours', 'ours'],
]

const distribution = async (sender: Party): Promise<Uint8Array<ArrayBuffer>> => {
  const { SenderKeyDistributionMessage } = sender.lib
  const message = await SenderKeyDistributionMessage.create(sender.address, GROUP, sender.stores.senderKeys)
  return message.serialize()
}

const accept = (receiver: Party, sender: Party, bytes: Uint8Array<ArrayBuffer>): Promise<void> => {
  const { SenderKeyDistributionMessage, processSenderKeyDistributionMessage } = receiver.lib
  const message = SenderKeyDistributionMessage.deserialize(bytes)
  return processSenderKeyDistributionMessage(receiver.addressOf(sender), message, receiver.stores.senderKeys)
}

const send = async (sender: Party, text: string): Promise<Uint8Array<ArrayBuffer>> =>
  (await sender.lib.groupEncrypt(sender.address, GROUP, sender.stores.senderKeys, utf8(text))).serialize()

const read = async (receiver: Party, sender: Party, bytes: Uint8Array<ArrayBuffer>): Promise<string> => {
  const from = receiver.addressOf(sender)
  return asText(await receiver.lib.groupDecrypt(from, receiver.stores.senderKeys, bytes))
}

describe.each(PAIRS)('spec §9: sender keys, %s to %s', (from, to) => {
  const parties = (): readonly [Party, Party] => [createParty(from, 'sender'), createParty(to, 'receiver')]

  test('in order, out of order, once only', async () => {
    const [alice, bob] = parties()
    await accept(bob, alice, await distribution(alice))
    const messages: Uint8Array<ArrayBuffer>[] = []
    for (let i = 0; i < 20; i++) messages.push(await send(alice, `message ${i}`))
    for (const i of [0, 1, 5, 3, 19, 2, 4, 18, 7])
      expect(await read(bob, alice, messages[i] as Uint8Array<ArrayBuffer>)).toBe(`message ${i}`)
    const again = messages[5] as Uint8Array<ArrayBuffer>
    await expect(read(bob, alice, again)).rejects.toMatchObject({ code: 1, name: 'DuplicatedMessage' })
  })

  test('a late joiner reads from now on', async () => {
    const [alice, bob] = parties()
    await distribution(alice)
    const early = await send(alice, 'early')
    await accept(bob, alice, await distribution(alice))
    expect(await read(bob, alice, await send(alice, 'late'))).toBe('late')
    await expect(read(bob, alice, early)).rejects.toMatchObject({ code: 1 })
  })

  test('a known distribution message doesn’t turn the chain back', async () => {
    const [alice, bob] = parties()
    const first = await distribution(alice)
    await accept(bob, alice, first)
    const message = await send(alice, 'one')
    expect(await read(bob, alice, message)).toBe('one')
    await accept(bob, alice, first)
    await expect(read(bob, alice, message)).rejects.toMatchObject({ code: 1 })
  })

  test('flipped bits change nothing', async () => {
    const [alice, bob] = parties()
    await accept(bob, alice, await distribution(alice))
    const message = await send(alice, 'whole')
    for (let at = 0; at < message.length; at += 5) {
      const bad = Uint8Array.from(message)
      bad[at] = (bad[at] as number) ^ 1
      await expect(read(bob, alice, bad)).rejects.toThrow()
    }
    expect(await read(bob, alice, message)).toBe('whole')
  })

  test('without a distribution message there is no chain', async () => {
    const [alice, bob] = parties()
    await distribution(alice)
    await expect(read(bob, alice, await send(alice, 'lost'))).rejects.toMatchObject({
      code: 0,
      operation: 'GroupCipher_DecryptMessage',
    })
    await expect(
      bob.lib.groupEncrypt(bob.address, GROUP, bob.stores.senderKeys, utf8('x'))
    ).rejects.toMatchObject({
      code: 0,
      operation: 'GroupCipher_EncryptMessage',
    })
  })
})
