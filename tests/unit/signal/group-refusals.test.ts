import { describe, expect, test } from 'vitest'
import { hmac } from '../../../src/signal/crypto/kdf.ts'
import { serializeSenderKeyStates, type SenderKeyState } from '../../../src/signal/groups/state.ts'
import * as signal from '../../../src/signal/index.ts'
import { createParty, utf8, type Party } from '../../interop/signal/party.ts'

const GROUP = 'd1d1d1d1-7000-11eb-b32a-33b8a8a487a6'
const bytes = (...values: number[]): Uint8Array<ArrayBuffer> => Uint8Array.from(values)
const filled = (length: number, value = 0): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(value)
const key = signal.PrivateKey.generate()

describe('spec §9: groups', () => {
  const [alice, bob] = [createParty('ours', 'alice'), createParty('ours', 'bob')]
  const signer = signal.PrivateKey.generate()
  const message = (iteration: number, by = signer): Uint8Array<ArrayBuffer> =>
    signal.SenderKeyMessage._new(3, GROUP, 9, iteration, filled(16), by).serialize()
  const read = (content: Uint8Array) => signal.groupDecrypt(alice.address, bob.stores.senderKeys, content)
  const operation = 'GroupCipher_DecryptMessage'
  /** Takes the sender's chain on by one without making the message. */
  const skipOne = async (sender: Party): Promise<void> => {
    const { senderKeys } = sender.stores
    const record = (await senderKeys.getSenderKey(sender.address, GROUP)) as signal.SenderKeyRecord
    const states = record.states()
    const [state] = states as [SenderKeyState]
    state.chainKey = hmac(state.chainKey, bytes(2))
    state.iteration++
    const next = signal.SenderKeyRecord.deserialize(serializeSenderKeyStates(states))
    await senderKeys.saveSenderKey(sender.address, GROUP, next)
  }

  test('why a message is refused', async () => {
    const missing = {
      reason: 'sender-key-not-found',
      message: `missing sender key state for distribution ID ${GROUP}`,
    }
    await expect(read(message(0))).rejects.toMatchObject({ ...missing, operation })
    const start = signal.SenderKeyDistributionMessage._new(3, GROUP, 9, 5, filled(32), signer.getPublicKey())
    await signal.processSenderKeyDistributionMessage(alice.address, start, bob.stores.senderKeys)
    const refusals: readonly (readonly [Uint8Array, signal.SignalErrorReason, string])[] = [
      [message(4), 'duplicate-message', 'message with old counter'],
      [message(2006), 'too-far-in-the-future', 'message from too far into the future'],
      [message(2005), 'undecryptable', 'decryption failed'],
      [message(5, key), 'undecryptable', 'invalid signature detected'],
    ]
    for (const [content, reason, text] of refusals)
      await expect(read(content)).rejects.toMatchObject({ reason, message: text, operation })
  })

  test('of a jump of 2,500 the newest 2,000 seeds are kept', async () => {
    const { senderKeys } = createParty('ours', 'erin').stores
    const own = createParty('ours', 'frank')
    const start = await signal.SenderKeyDistributionMessage.create(own.address, GROUP, own.stores.senderKeys)
    await signal.processSenderKeyDistributionMessage(own.address, start, senderKeys)
    const made: Uint8Array[] = []
    for (let i = 0; i <= 2500; i++)
      if ([499, 500, 2500].includes(i))
        made.push(
          (await signal.groupEncrypt(own.address, GROUP, own.stores.senderKeys, utf8(`${i}`))).serialize()
        )
      else await skipOne(own)
    const [lost, kept, last] = made as [Uint8Array, Uint8Array, Uint8Array]
    const open = (content: Uint8Array) =>
      signal.groupDecrypt(own.address, senderKeys, content, { limits: { senderKeyJump: 2500 } })
    expect(await open(last)).toEqual(utf8('2500'))
    expect(await open(kept)).toEqual(utf8('500'))
    await expect(open(lost)).rejects.toMatchObject({ reason: 'duplicate-message' })
  })

  test('the one message that was passed over is read when it comes', async () => {
    const own = createParty('ours', 'grace')
    const { senderKeys } = createParty('ours', 'heidi').stores
    const start = await signal.SenderKeyDistributionMessage.create(own.address, GROUP, own.stores.senderKeys)
    await signal.processSenderKeyDistributionMessage(own.address, start, senderKeys)
    const encrypt = (text: string) =>
      signal.groupEncrypt(own.address, GROUP, own.stores.senderKeys, utf8(text))
    const [late, next] = [await encrypt('late'), await encrypt('next')]
    for (const [message, text] of [
      [next, 'next'],
      [late, 'late'],
    ] as const)
      expect(await signal.groupDecrypt(own.address, senderKeys, message.serialize())).toEqual(utf8(text))
  })

  test('five chains of a sender are kept, the newest first', async () => {
    const store = createParty('ours', 'carol').stores.senderKeys
    for (let chain = 1; chain <= 6; chain++) {
      const start = signal.SenderKeyDistributionMessage._new(
        3,
        GROUP,
        chain,
        0,
        filled(32),
        signer.getPublicKey()
      )
      await signal.processSenderKeyDistributionMessage(alice.address, start, store)
    }
    const record = (await store.getSenderKey(alice.address, GROUP)) as signal.SenderKeyRecord
    expect(record.states().map((state) => state.chainId)).toEqual([6, 5, 4, 3, 2])
  })

  test('a new chain has an id of 31 bits and begins at 0', async () => {
    const ids = new Set<number>()
    for (let i = 0; i < 40; i++) {
      const { stores, address } = createParty('ours', 'dave')
      const made = await signal.SenderKeyDistributionMessage.create(address, GROUP, stores.senderKeys)
      expect([made.chainId() < 2 ** 31, made.iteration()]).toEqual([true, 0])
      ids.add(Math.floor(made.chainId() / 2 ** 24))
    }
    // All of the 31 bits are used: forty ids with the same seven highest would be a wonder.
    expect(ids.size).toBeGreaterThan(10)
  })
})
