import { mnemonicToEntropy } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import * as v from 'valibot'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fromBase64Url, utf8 } from '../../../src/lib/bytes.ts'
import { accountIdOf } from '../../../src/protocol/account.ts'
import { verifyEd25519 } from '../../../src/protocol/ed25519.ts'
import { PreKeyUploadSchema } from '../../../src/protocol/relay-api.ts'
import { commit, createParty, read, START, value, write, type Party } from '../../support/crypto-party.ts'

const DAY = 24 * 60 * 60 * 1000
let ana: Party
let rui: Party
beforeEach(async () => {
  ana = await createParty('Ana', 2)
  rui = await createParty('Rui', 2)
})
afterEach(() => {
  ana.store.close()
  rui.store.close()
})

describe('a new account', () => {
  test('is stored whole, and its id is made from its key', () => {
    expect(ana.store.read((tx) => tx.account.get())).toEqual(ana.own)
    expect(ana.own.account).toBe(accountIdOf(ana.own.accountKey))
    expect(ana.own.registrationId).toBeGreaterThan(0)
    expect(ana.own.registrationId).toBeLessThan(0x4000)
  })

  test('is nowhere before it is committed', async () => {
    const made = await ana.crypto.createAccount('Other', ['https://relay.example'], START)
    expect(ana.store.read((tx) => tx.account.get()?.account)).toBe(ana.own.account)
    expect(made.value.account).not.toBe(ana.own.account)
  })

  test('shares no key with any other', () => {
    const keys = (own: Party['own']) =>
      [
        own.entropy,
        own.identityPrivate,
        own.requestPrivate,
        own.publishPrivate,
        own.profileKey,
        own.deliveryKey,
      ].map((key) => Buffer.from(key ?? []).toString('hex'))
    expect(new Set([...keys(ana.own), ...keys(rui.own)]).size).toBe(12)
  })

  test('has 24 words that give its entropy back', () => {
    const words = ana.crypto.recoveryWords(ana.own.entropy ?? new Uint8Array())
    expect(words).toHaveLength(24)
    expect(mnemonicToEntropy(words.join(' '), wordlist)).toEqual(ana.own.entropy)
  })

  test('signs requests that relays can check', async () => {
    const data = utf8('GET /v1/mailbox')
    const { request, publish } = ana.crypto.publicKeys(ana.own)
    const signature = await ana.crypto.signRequest(ana.own, data)
    expect(await verifyEd25519(request, data, signature)).toBe(true)
    expect(await verifyEd25519(publish, data, signature)).toBe(false)
    expect(await verifyEd25519(request, utf8('PUT /v1/mailbox'), signature)).toBe(false)
    expect(fromBase64Url(ana.device.requestKey)).toEqual(request)
  })
})

describe('the safety number', () => {
  const party = ({ own }: Party) => ({ account: own.account, key: own.accountKey })

  test('is the same on both sides and another with anybody else', async () => {
    const [mine, theirs] = [
      await ana.crypto.safetyNumber(party(ana), party(rui)),
      await rui.crypto.safetyNumber(party(rui), party(ana)),
    ]
    expect(mine.digits).toMatch(/^\d{60}$/)
    expect(mine.digits).toBe(theirs.digits)
    expect(mine.scannable).not.toEqual(theirs.scannable)
    const lia = await createParty('Lia', 0)
    expect((await ana.crypto.safetyNumber(party(ana), party(lia))).digits).not.toBe(mine.digits)
    lia.store.close()
  })
})

describe('prekeys', () => {
  test('are uploaded in the form that relays take', async () => {
    const { value: upload } = await ana.crypto.makePreKeys(ana.own, START, { ec: 3, kyber: 2 })
    expect(v.parse(PreKeyUploadSchema, upload)).toEqual(upload)
    expect([upload.preKeys.length, upload.kyberPreKeys.length]).toEqual([3, 2])
  })

  test('never get an id twice, not even when a batch was not committed', async () => {
    const batches = []
    for (let count = 0; count < 3; count++)
      batches.push(await ana.crypto.makePreKeys(ana.own, START, { ec: 3, kyber: 2 }))
    const ids = batches.flatMap((batch) => batch.value.preKeys.map((key) => key.id))
    const kyber = batches.flatMap((batch) =>
      [...batch.value.kyberPreKeys, batch.value.lastResortKyber].map((key) => key.id)
    )
    expect(new Set(ids).size).toBe(9)
    // The last-resort key is the committed one, three times the same.
    expect(new Set(kyber).size).toBe(7)
    expect(ana.store.read((tx) => ids.map((id) => tx.signal.preKey(id)))).toEqual(ids.map(() => undefined))
  })

  test('rotate after two days, and late messages to the old ones are still read', async () => {
    const old = ana.bundle()
    const soon = await ana.crypto.makePreKeys(ana.own, START + DAY, { ec: 0, kyber: 0 })
    expect(soon.value.signedPreKey.id).toBe(old.signedPreKey.id)
    const later = commit(ana, await ana.crypto.makePreKeys(ana.own, START + 2 * DAY, { ec: 0, kyber: 0 }))
    expect(later.signedPreKey.id).not.toBe(old.signedPreKey.id)
    expect(later.lastResortKyber.id).not.toBe(soon.value.lastResortKyber.id)
    commit(rui, value(await rui.crypto.startSession(rui.own, ana.own.account, ana.device, old)))
    expect(await read(ana, await write(rui, ana, 'late'))).toBe('late')
  })

  test('that were retired 45 days ago are gone', async () => {
    const old = ana.bundle()
    commit(ana, await ana.crypto.makePreKeys(ana.own, START + 2 * DAY, { ec: 0, kyber: 0 }))
    commit(ana, await ana.crypto.makePreKeys(ana.own, START + 60 * DAY, { ec: 0, kyber: 0 }))
    expect(ana.store.read((tx) => tx.signal.signedPreKey(old.signedPreKey.id))).toBeUndefined()
    expect(ana.store.read((tx) => tx.signal.newestSignedPreKey()?.createdAt)).toBe(START + 60 * DAY)
  })
})
