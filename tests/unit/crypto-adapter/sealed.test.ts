import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toBase64Url } from '../../../src/lib/bytes.ts'
import { accountIdOf } from '../../../src/protocol/account.ts'
import { LIMITS } from '../../../src/protocol/limits.ts'
import {
  CiphertextMessage,
  CiphertextMessageType,
  IdentityKeyPair,
  PrivateKey,
  PublicKey,
  SenderCertificate,
  ServerCertificate,
  UnidentifiedSenderMessageContent,
  sealedSenderEncrypt,
  ProtocolAddress,
} from '../../../src/signal/index.ts'
import { StagedIdentities } from '../../../src/adapters/crypto/staged-stores.ts'
import { damage, damaged, RUNS, sameBytes } from '../../support/bytes.ts'
import { createParty, openFor, reasonOf, write, type Party } from '../../support/crypto-party.ts'

let ana: Party
let rui: Party
beforeAll(async () => {
  ana = await createParty('Ana')
  rui = await createParty('Rui')
})
afterAll(() => {
  ana.store.close()
  rui.store.close()
})

/** What a stranger can put together: any account key and id, signed by nobody that counts. */
const forge = (parts: {
  accountKey: Uint8Array
  uuid: string
  device: number
  certified?: PublicKey
  type?: CiphertextMessageType
}) => {
  const identity = IdentityKeyPair.generate()
  const forger = {
    ...ana.own,
    identityPublic: identity.publicKey.serialize(),
    identityPrivate: identity.privateKey.serialize(),
  }
  const server = ServerCertificate.new(1, PublicKey.deserialize(parts.accountKey), PrivateKey.generate())
  const certified = parts.certified ?? identity.publicKey
  const certificate = SenderCertificate.new(
    parts.uuid,
    null,
    parts.device,
    certified,
    0,
    server,
    PrivateKey.generate()
  )
  const message = CiphertextMessage.of(parts.type ?? CiphertextMessageType.Whisper, Uint8Array.of(1, 2, 3))
  const content = UnidentifiedSenderMessageContent.new(message, certificate, 0, null)
  const identities = new StagedIdentities(forger, rui.own.identityPublic)
  return {
    identityKey: toBase64Url(identity.publicKey.serialize()),
    body: sealedSenderEncrypt(content, ProtocolAddress.new(rui.own.account, rui.own.device), identities),
  }
}

describe('the outer layer', () => {
  test('says who has sealed it', async () => {
    const opened = await openFor(rui, await write(ana, rui, 'hi'))
    expect(opened).toMatchObject({
      account: ana.own.account,
      accountKey: ana.own.accountKey,
      device: ana.own.device,
      identityKey: ana.device.identityKey,
      type: 'prekey',
    })
  })

  test('shows nobody else anything', async () => {
    const body = await write(ana, rui, 'hi')
    expect(reasonOf(await ana.crypto.open(ana.own, body))).toBe('undecryptable')
    const text = Buffer.from(body).toString('latin1')
    for (const secret of [ana.own.accountKey, ana.own.identityPublic, rui.own.identityPublic]) {
      expect(text.includes(Buffer.from(secret.subarray(1)).toString('latin1'))).toBe(false)
    }
    expect(text.includes(ana.own.account)).toBe(false)
  })

  test('differs each time', async () => {
    expect(sameBytes(await write(ana, rui, 'hi'), await write(ana, rui, 'hi'))).toBe(false)
  })

  test('named after somebody else is still shown as sealed by the forger', async () => {
    const { body, identityKey } = forge({
      accountKey: ana.own.accountKey,
      uuid: ana.own.account,
      device: ana.own.device,
    })
    const opened = await openFor(rui, await body)
    expect(opened.account).toBe(ana.own.account)
    // The list says another key for this device, so the core refuses it.
    expect(opened.identityKey).toBe(identityKey)
    expect(opened.identityKey).not.toBe(ana.device.identityKey)
  })

  test('with a certificate for another key than the sealing one is refused', async () => {
    const certified = PublicKey.deserialize(ana.own.identityPublic)
    const { body } = forge({ accountKey: ana.own.accountKey, uuid: ana.own.account, device: 1, certified })
    expect(reasonOf(await rui.crypto.open(rui.own, await body))).toBe('undecryptable')
  })

  test('with an id that is not the hash of its account key is refused', async () => {
    const stranger = PrivateKey.generate().getPublicKey().serialize()
    const other = forge({ accountKey: stranger, uuid: ana.own.account, device: 1 })
    expect(reasonOf(await rui.crypto.open(rui.own, await other.body))).toBe('undecryptable')
    const fitting = forge({ accountKey: stranger, uuid: accountIdOf(stranger), device: 1 })
    expect((await openFor(rui, await fitting.body)).account).toBe(accountIdOf(stranger))
  })

  test.each([0, 128, 4_000_000])('from device number %i is refused', async (device) => {
    const { body } = forge({ accountKey: ana.own.accountKey, uuid: ana.own.account, device })
    expect(reasonOf(await rui.crypto.open(rui.own, await body))).toBe('undecryptable')
  })

  test('around a group message, which nobody sends yet, is refused', async () => {
    const { body } = forge({
      accountKey: ana.own.accountKey,
      uuid: ana.own.account,
      device: 1,
      type: CiphertextMessageType.SenderKey,
    })
    expect(reasonOf(await rui.crypto.open(rui.own, await body))).toBe('undecryptable')
  })

  test('longer than an envelope may be is not looked at', async () => {
    expect(
      reasonOf(await rui.crypto.open(rui.own, new Uint8Array(LIMITS.envelopeBytes + 1).fill(0x11)))
    ).toBe('undecryptable')
  })

  test('of any bytes ends in a typed error', async () => {
    const body = await write(ana, rui, 'hi')
    const noise = fc.uint8Array({ maxLength: 600 }).map((bytes) => Uint8Array.of(0x11, ...bytes))
    const broken = damage.map((change) => damaged(body, change))
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 300 }), noise, broken), async (bytes) => {
        fc.pre(!sameBytes(bytes, body))
        const opened = await rui.crypto.open(rui.own, bytes)
        // The version byte has room for versions that mean the same, and protobuf for fields that mean nothing.
        if (opened.ok) expect(opened.value.identityKey).toBe(ana.device.identityKey)
        else expect(opened.error).toEqual({ kind: 'crypto', reason: 'undecryptable' })
      }),
      RUNS
    )
  })
})
