import { describe, expect, test } from 'vitest'
import { ml_kem1024 } from '@noble/post-quantum/ml-kem.js'
import { cbcEncrypt } from '../../../src/signal/crypto/ciphers.ts'
import { kyberDecapsulate } from '../../../src/signal/crypto/kyber.ts'
import { generateRawKeyPair } from '../../../src/signal/crypto/pure.ts'
import * as ours from '../../../src/signal/index.ts'
import { deriveMessageKeys, deriveRoot, stepChain } from '../../../src/signal/ratchet/kdf.ts'
import { derivePqxdh } from '../../../src/signal/session/pqxdh.ts'
import { SessionRecord } from '../../../src/signal/session/record.ts'
import type { SessionState } from '../../../src/signal/session/state.ts'
import { startSpqr } from '../../../src/signal/spqr/spqr.ts'
import { ALICE, BOB, currentState, refused, talking } from './hostile.ts'
import { asText, createParty, utf8, type LibraryName, type Party, type Wire } from './party.ts'

const PAIRS: readonly (readonly [LibraryName, LibraryName])[] = [
  ['ours', 'official'],
  ['official', 'ours'],
  ['ours', 'ours'],
]

/** The registration id that the bytes claim; `null` when they can't be parsed. */
const registrationIdOf = (bytes: Uint8Array): number | null => {
  try {
    return ours.PreKeySignalMessage.deserialize(bytes).fields().registrationId
  } catch {
    return null
  }
}

describe.each(PAIRS)('spec §17: hostile input, %s to %s', (from, to) => {
  test('a flipped bit anywhere in a SignalMessage', async () => {
    const [alice, bob] = await talking(from, to)
    const wire = await alice.encrypt(bob, utf8('whole'))
    for (let at = 0; at < wire.bytes.length; at++) {
      // The low half of the version byte is ignored by design (spec §6), but the MAC covers it.
      const bytes = Uint8Array.from(wire.bytes)
      bytes[at] = (bytes[at] as number) ^ (1 << (at % 8))
      await refused(bob, alice, { type: wire.type, bytes })
    }
    for (const length of [0, 1, 8, 40, wire.bytes.length - 1])
      await refused(bob, alice, { type: wire.type, bytes: wire.bytes.slice(0, length) })
    expect(asText(await bob.decrypt(alice, wire))).toBe('whole')
    await refused(bob, alice, wire, { code: 1, name: 'DuplicatedMessage' })
  })

  test('a flipped bit in a PreKeySignalMessage leaves the prekeys for the good copy', async () => {
    const [alice, bob] = [createParty(from, ALICE), createParty(to, BOB)]
    await alice.begin(bob)
    const wire = await alice.encrypt(bob, utf8('whole'))
    const original = ours.PreKeySignalMessage.deserialize(wire.bytes).fields()
    for (let at = 0; at < wire.bytes.length; at += 29) {
      const bytes = Uint8Array.from(wire.bytes)
      bytes[at] = (bytes[at] as number) ^ 0x10
      // Registration id and type are outside of every MAC: such a flip changes nothing else.
      const claimed = registrationIdOf(bytes)
      const isHarmless = claimed !== null && claimed !== original.registrationId
      if (!isHarmless) await refused(bob, alice, { type: 3, bytes })
    }
    expect(asText(await bob.decrypt(alice, wire))).toBe('whole')
    await refused(bob, alice, wire, { code: 1 })
  })

  test.each([0x24, 0x54])('version byte %i', async (version) => {
    const [alice, bob] = await talking(from, to)
    const wire = await alice.encrypt(bob, utf8('x'))
    const bytes = Uint8Array.from(wire.bytes)
    bytes[0] = version
    await refused(bob, alice, { type: 2, bytes }, { code: 0 })
  })

  test('a PreKey message without Kyber, of version 4 and of version 3', async () => {
    const [alice, bob] = [createParty('ours', ALICE), createParty(to, BOB)]
    await alice.begin(bob)
    const wire = await alice.encrypt(bob, utf8('x'))
    const { fields } = { fields: ours.PreKeySignalMessage.deserialize(wire.bytes).fields() }
    for (const version of [4, 3]) {
      const bare = ours.PreKeySignalMessage.build(version, { ...fields, kyber: null })
      await refused(bob, alice, { type: 3, bytes: bare.serialize() }, { code: 0 })
    }
  })

  test('a PreKey message with half of its Kyber fields', async () => {
    const [alice, bob] = [createParty('ours', ALICE), createParty(to, BOB)]
    await alice.begin(bob)
    const wire = await alice.encrypt(bob, utf8('x'))
    const fields = ours.PreKeySignalMessage.deserialize(wire.bytes).fields()
    const bare = ours.PreKeySignalMessage.build(4, { ...fields, kyber: null }).serialize()
    const { id, ciphertext } = fields.kyber as { id: number; ciphertext: Uint8Array }
    const [onlyId, onlyCiphertext] = [
      Uint8Array.of(...bare, 0x38, id),
      Uint8Array.of(...bare, 0x42, 0xa1, 0x0c, 8, ...ciphertext),
    ]
    for (const bytes of [onlyId, onlyCiphertext]) await refused(bob, alice, { type: 3, bytes }, { code: 0 })
    const both = Uint8Array.of(...onlyId, ...onlyCiphertext.subarray(bare.length))
    expect(asText(await bob.decrypt(alice, { type: 3, bytes: both }))).toBe('x')
  })

  test('a replay of every kind of message', async () => {
    const [alice, bob] = [createParty(from, ALICE), createParty(to, BOB)]
    await alice.begin(bob)
    const first = await alice.encrypt(bob, utf8('first'))
    await bob.decrypt(alice, first)
    await alice.decrypt(bob, await bob.encrypt(alice, utf8('answer')))
    const second = await alice.encrypt(bob, utf8('second'))
    await bob.decrypt(alice, second)
    const ourWords = to === 'ours' ? { message: 'message with old counter' } : {}
    const duplicate = { code: 1, name: 'DuplicatedMessage', ...ourWords }
    for (const wire of [first, second, first]) await refused(bob, alice, wire, duplicate)
  })

  test('addresses that aren’t ours', async () => {
    const [alice, bob] = [createParty(from, ALICE), createParty(to, BOB)]
    await alice.begin(bob)
    const { sessions, identities } = alice.stores
    const lie = alice.lib.ProtocolAddress.new(BOB, 9)
    const sealed = await alice.lib.signalEncrypt(utf8('x'), alice.addressOf(bob), lie, sessions, identities)
    await refused(bob, alice, { type: 3, bytes: Uint8Array.from(sealed.serialize()) })
    const nameless = createParty(to, 'bob')
    await alice.begin(nameless)
    const asBob = alice.lib.ProtocolAddress.new(BOB, 1)
    const record = (await sessions.getSession(alice.addressOf(nameless))) as ours.SessionRecord
    await sessions.saveSession(asBob, record)
    await identities.saveIdentity(
      asBob,
      alice.lib.PublicKey.deserialize(nameless.identity.getPublicKey().serialize())
    )
    const addressed = await alice.lib.signalEncrypt(utf8('x'), asBob, alice.address, sessions, identities)
    await refused(nameless, alice, { type: 3, bytes: Uint8Array.from(addressed.serialize()) })
  })

  test('of 2,101 skipped messages the newest 2,000 can still be read', async () => {
    const [alice, bob] = await talking(from, to)
    await bob.decrypt(alice, await alice.encrypt(bob, utf8('new chain')))
    const wires: Wire[] = []
    for (let i = 0; i < 2101; i++) wires.push(await alice.encrypt(bob, utf8(`${i}`)))
    await bob.decrypt(alice, await alice.encrypt(bob, utf8('last')))
    for (const i of [2100, 1500, 500, 150, 103])
      expect(asText(await bob.decrypt(alice, wires[i] as Wire))).toBe(`${i}`)
    for (const i of [0, 50, 99]) await refused(bob, alice, wires[i] as Wire, { code: 1 })
  }, 120_000)

  test('four chains back is readable, five is not', async () => {
    const [alice, bob] = await talking(from, to)
    const wires: Wire[] = []
    for (let i = 0; i < 6; i++) {
      wires.push(await alice.encrypt(bob, utf8(`${i}`)))
      await bob.decrypt(alice, await alice.encrypt(bob, utf8('turn')))
      await alice.decrypt(bob, await bob.encrypt(alice, utf8('turn')))
    }
    expect(asText(await bob.decrypt(alice, wires[1] as Wire))).toBe('1')
    await refused(bob, alice, wires[0] as Wire)
  })

  test('an archived session is promoted when it decrypts', async () => {
    const [alice, bob] = await talking(from, to)
    const old = await alice.encrypt(bob, utf8('old session'))
    const archivedState = alice.stores.state.sessions.get(alice.addressOf(bob).toString())
    await alice.begin(bob)
    await bob.decrypt(alice, await alice.encrypt(bob, utf8('new session')))
    expect(asText(await bob.decrypt(alice, old))).toBe('old session')
    const reply = await bob.encrypt(alice, utf8('on the old one'))
    expect(reply.type).toBe(2)
    alice.stores.state.sessions.set(alice.addressOf(bob).toString(), archivedState as Uint8Array<ArrayBuffer>)
    expect(asText(await alice.decrypt(bob, reply))).toBe('on the old one')
  })

  test('of 42 sessions the oldest is forgotten', async () => {
    const [alice, bob] = await talking(from, to)
    const first = await alice.encrypt(bob, utf8('first'))
    await alice.begin(bob)
    await bob.decrypt(alice, await alice.encrypt(bob, utf8('x')))
    const second = await alice.encrypt(bob, utf8('second'))
    for (let i = 0; i < 40; i++) {
      await alice.begin(bob)
      await bob.decrypt(alice, await alice.encrypt(bob, utf8('x')))
    }
    await refused(bob, alice, first)
    expect(asText(await bob.decrypt(alice, second))).toBe('second')
  })

  test('an unanswered session ends after 30 days', async () => {
    const [alice, bob] = [createParty(from, ALICE), createParty(to, BOB)]
    const start = new Date('2026-01-01T00:00:00Z')
    await alice.begin(bob, {}, start)
    const day = 24 * 60 * 60 * 1000
    await alice.encrypt(bob, utf8('x'), new Date(start.getTime() + 30 * day))
    const late = new Date(start.getTime() + 30 * day + 1000)
    await expect(alice.encrypt(bob, utf8('x'), late)).rejects.toMatchObject({
      code: 0,
      operation: 'SessionCipher_EncryptMessage',
      message: `session with ${BOB}.1 not found: message_encrypt`,
    })
    const record = await alice.stores.sessions.getSession(alice.addressOf(bob))
    expect([record?.hasCurrentState(start), record?.hasCurrentState(late)]).toEqual([true, false])
  })

  test('a last-resort Kyber key refuses a base key that it has seen', async () => {
    const [alice, bob] = [createParty(from, ALICE), createParty(to, BOB)]
    await alice.begin(bob, { oneTime: false, lastResort: true })
    const wire = await alice.encrypt(bob, utf8('x'))
    expect(asText(await bob.decrypt(alice, wire))).toBe('x')
    bob.stores.state.sessions.clear()
    await expect(bob.decrypt(alice, wire)).rejects.toThrow()
    const session = await bob.stores.sessions.getSession(bob.addressOf(alice))
    expect(session?.hasCurrentState() ?? false).toBe(false)
  })

  test('a changed identity is untrusted in every direction', async () => {
    const [alice, bob] = await talking(from, to)
    const bobAgain = createParty(to, BOB, 2)
    await expect(alice.begin(bobAgain)).rejects.toMatchObject({ code: 3, name: 'UntrustedIdentity' })
    await bobAgain.begin(alice)
    await refused(alice, bobAgain, await bobAgain.encrypt(alice, utf8('x')), { code: 3 })
    const wire = await alice.encrypt(bob, utf8('x'))
    bob.stores.state.trusts = () => false
    await refused(bob, alice, wire, { code: 3 })
    alice.stores.state.trusts = () => false
    await expect(alice.encrypt(bob, utf8('x'))).rejects.toMatchObject({ code: 3 })
    bob.stores.state.trusts = () => true
    expect(asText(await bob.decrypt(alice, wire))).toBe('x')
  })

  test('a bundle with a wrong signature', async () => {
    const [alice, bob] = [createParty(from, ALICE), createParty(to, BOB)]
    const published = await bob.publish()
    for (const name of ['signedSignature', 'kyberSignature'] as const) {
      const bundle = alice.bundle({ ...published, [name]: new Uint8Array(64) })
      const { sessions, identities } = alice.stores
      const result = alice.lib.processPreKeyBundle(
        bundle,
        alice.addressOf(bob),
        alice.address,
        sessions,
        identities
      )
      await expect(result).rejects.toMatchObject({
        message: 'invalid signature detected',
        operation: 'SessionBuilder_ProcessPreKeyBundle',
      })
    }
    expect(alice.stores.state.sessions.size).toBe(0)
  })

  test('no session, no prekey', async () => {
    const [alice, bob] = await talking(from, to)
    const wire = await alice.encrypt(bob, utf8('x'))
    bob.stores.state.sessions.clear()
    await refused(bob, alice, wire, { code: 0, operation: 'SessionCipher_DecryptSignalMessage' })
    await alice.begin(bob)
    const first = await alice.encrypt(bob, utf8('x'))
    bob.stores.state.signedPreKeys.clear()
    await refused(bob, alice, first, {})
  })
})

describe.each<LibraryName>(['ours', 'official'])('spec §17: forgeries against %s', (to) => {
  test('a message without pq_ratchet, or with one of version 0', async () => {
    for (const pqRatchet of [new Uint8Array(0), Uint8Array.of(0)]) {
      const [alice, bob] = await talking('ours', to)
      const state = currentState(alice, bob)
      const keys = deriveMessageKeys(stepChain(state.sending.key).seed, null)
      const message = ours.SignalMessage._new(
        4,
        keys.mac,
        ours.PublicKey.fromRaw(state.sending.pair.publicKey),
        state.sending.index,
        0,
        cbcEncrypt(keys.cipher, keys.iv, utf8('x')),
        ours.PublicKey.deserialize(state.localIdentity),
        ours.PublicKey.deserialize(state.remoteIdentity),
        pqRatchet
      )
      await refused(bob, alice, { type: 2, bytes: message.serialize() }, { code: 0 })
    }
  })

  const forge = async (bob: Party, useFips: boolean, spoil: (base: Uint8Array) => Uint8Array) => {
    const published = await bob.publish()
    const identity = ours.IdentityKeyPair.generate()
    const [base, ratchet] = [generateRawKeyPair(), generateRawKeyPair()]
    const agree = (secret: Uint8Array, key: Uint8Array): Uint8Array =>
      ours.PrivateKey.deserialize(secret).agree(ours.PublicKey.deserialize(key))
    const dh = [
      agree(identity.privateKey.serialize(), published.signed),
      agree(base.privateKey, published.identity),
      agree(base.privateKey, published.signed),
      agree(base.privateKey, published.oneTime as Uint8Array),
    ]
    const { cipherText, sharedSecret } = ml_kem1024.encapsulate(published.kyber.subarray(1))
    const kyberRecord = await bob.stores.kyberPreKeys.getKyberPreKey(published.id)
    const round3 = kyberDecapsulate(kyberRecord.secretKey().serialize().subarray(1), cipherText) as Uint8Array
    const keys = derivePqxdh(dh, useFips ? sharedSecret : round3)
    const root = deriveRoot(keys.rootKey, agree(ratchet.privateKey, published.signed))
    const baseKey = Uint8Array.of(5, ...spoil(base.publicKey))
    const state: SessionState = {
      version: 4,
      localIdentity: identity.publicKey.serialize(),
      remoteIdentity: Uint8Array.from(published.identity),
      localRegistrationId: 1,
      remoteRegistrationId: published.registrationId,
      aliceBaseKey: baseKey,
      rootKey: root.root,
      previousCounter: 0,
      sending: { pair: ratchet, key: root.chain, index: 0 },
      receiving: [],
      pending: {
        preKeyId: published.id,
        signedPreKeyId: published.id,
        baseKey,
        kyberPreKeyId: published.id,
        kyberCiphertext: Uint8Array.from(cipherText),
        timestamp: Math.floor(Date.now() / 1000),
      },
      spqr: startSpqr(keys.pqKey, true),
    }
    const alice = createParty('ours', ALICE)
    await alice.stores.sessions.saveSession(alice.addressOf(bob), SessionRecord.empty().withCurrent(state))
    return { alice, wire: await alice.encrypt(bob, utf8('hello')) }
  }

  test('the hand-made session is right in itself', async () => {
    const bob = createParty(to, BOB)
    const { alice, wire } = await forge(bob, false, (base) => base)
    expect(asText(await bob.decrypt(alice, wire))).toBe('hello')
  })

  test('the FIPS 203 secret instead of Kyber’s', async () => {
    const bob = createParty(to, BOB)
    const { alice, wire } = await forge(bob, true, (base) => base)
    await refused(bob, alice, wire, { code: 0 })
  })

  test('a base key that isn’t canonical', async () => {
    const bob = createParty(to, BOB)
    const withTopBit = (base: Uint8Array): Uint8Array => {
      const changed = Uint8Array.from(base)
      changed[31] = (changed[31] as number) | 0x80
      return changed
    }
    const { alice, wire } = await forge(bob, false, withTopBit)
    await refused(bob, alice, wire, { code: 0 })
  })
})
