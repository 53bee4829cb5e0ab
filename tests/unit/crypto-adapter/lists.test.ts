import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fromHex, utf8 } from '../../../src/lib/bytes.ts'
import { listedDevices } from '../../../src/protocol/device-list.ts'
import { LIMITS } from '../../../src/protocol/limits.ts'
import { parseListRecord, verifyListRecord } from '../../../src/protocol/list-record.ts'
import { PrivateKey } from '../../../src/signal/index.ts'
import { damage, damaged, RUNS, sameBytes } from '../../support/bytes.ts'
import { append, begin, testDevice } from '../../support/device-lists.ts'
import { createParty, reasonOf, RELAY, START, value, type Party } from '../../support/crypto-party.ts'

const DAY = 24 * 60 * 60 * 1000
let ana: Party
let rui: Party
beforeAll(async () => {
  ana = await createParty('Ana', 0)
  rui = await createParty('Rui', 0)
})
afterAll(() => {
  ana.store.close()
  rui.store.close()
})
const revisionOf = async (chain: Uint8Array) => value(await rui.crypto.verifyList(chain)).revision

describe('the own device list', () => {
  test('is signed by the account key and names this device', async () => {
    const list = value(await rui.crypto.verifyList(ana.own.listChain))
    expect(list).toMatchObject({
      account: ana.own.account,
      accountKey: ana.own.accountKey,
      revision: 1,
      relays: [RELAY],
      signedAt: START,
    })
    expect(list.devices).toEqual([ana.device])
  })

  test('is renewed by the device over the one before', async () => {
    const renewed = await ana.crypto.renewList(ana.own, [RELAY, 'https://second.example'], START + DAY)
    const [before, after] = [
      value(await rui.crypto.verifyList(ana.own.listChain)),
      value(await rui.crypto.verifyList(renewed.listChain)),
    ]
    expect(after).toMatchObject({
      revision: 2,
      relays: [RELAY, 'https://second.example'],
      signedAt: START + DAY,
      devices: before.devices,
    })
    expect([renewed.listRevision, renewed.relays]).toEqual([2, after.relays])
    expect([
      rui.crypto.follows(before, after),
      rui.crypto.follows(after, before),
      rui.crypto.follows(after, after),
    ]).toEqual([true, false, false])
  })

  test('keeps its other devices when it is renewed', async () => {
    const account = PrivateKey.generate()
    const [one, two] = [testDevice(1), testDevice(2)]
    const listChain = append(account, begin(account, { devices: [one] }), { devices: [one, two], by: one })
    const own = { ...ana.own, accountKey: account.getPublicKey().serialize(), listChain, listRevision: 2 }
    const device = { ...own, device: two.listed.id, identityPrivate: two.identity.serialize() }
    const renewed = await ana.crypto.renewList(device, [RELAY], START)
    expect(listedDevices(renewed.listChain)).toEqual([one.listed, two.listed])
    expect(await revisionOf(renewed.listChain)).toBe(3)
  })

  test('begins anew under the account key when the chain is full, and stays when that key is gone', async () => {
    let own = ana.own
    while (own.listRevision < LIMITS.listChain) own = await ana.crypto.renewList(own, [RELAY], START)
    const full = value(await rui.crypto.verifyList(own.listChain))
    expect(await ana.crypto.renewList({ ...own, entropy: null }, [RELAY], START)).toEqual({
      ...own,
      entropy: null,
    })
    const anew = await ana.crypto.renewList(own, [RELAY], START)
    const next = value(await rui.crypto.verifyList(anew.listChain))
    expect(next.revision).toBe(LIMITS.listChain + 1)
    expect(anew.listChain.length).toBeLessThan(1_000)
    expect(rui.crypto.follows(full, next)).toBe(true)
  })

  test('of nonsense is refused with a reason', async () => {
    expect(reasonOf(await rui.crypto.verifyList(Uint8Array.of(1, 2, 3)))).toBe('bad-device-list')
    const forged = begin(PrivateKey.generate(), { devices: [testDevice(1)], accountKey: ana.own.accountKey })
    expect(reasonOf(await rui.crypto.verifyList(forged))).toBe('bad-signature')
  })
})

describe('the record at a relay', () => {
  test('is opened by whoever knows the account key, and found nowhere without it', async () => {
    const list = value(await rui.crypto.openList(await ana.crypto.sealList(ana.own), ana.own.accountKey))
    expect(list.chain).toEqual(ana.own.listChain)
    const locator = await rui.crypto.listLocator(ana.own.accountKey)
    expect(locator).toBe(await ana.crypto.listLocator(ana.own.accountKey))
    expect(locator).toMatch(/^[0-9a-f]{64}$/)
    expect(locator).not.toBe(await rui.crypto.listLocator(rui.own.accountKey))
  })

  test('passes the check that relays make, at its own place only', async () => {
    const record = value(parseListRecord(await ana.crypto.sealList(ana.own)))
    expect(record.revision).toBe(1n)
    expect(record.publishKey).toEqual(ana.crypto.publicKeys(ana.own).publish)
    expect(reasonOf(await verifyListRecord(record, await ana.crypto.listLocator(ana.own.accountKey)))).toBe(
      'fine'
    )
    expect(reasonOf(await verifyListRecord(record, await ana.crypto.listLocator(rui.own.accountKey)))).toBe(
      'bad-signature'
    )
    expect(
      reasonOf(
        await verifyListRecord({ ...record, revision: 2n }, await ana.crypto.listLocator(ana.own.accountKey))
      )
    ).toBe('bad-signature')
  })

  test('shows nothing of the list', async () => {
    const text = Buffer.from(await ana.crypto.sealList(ana.own)).toString('latin1')
    for (const part of [
      ana.own.accountKey,
      ana.own.identityPublic,
      fromHex(ana.own.account.replaceAll('-', '')),
      utf8(RELAY),
    ]) {
      expect(text.includes(Buffer.from(part ?? []).toString('latin1'))).toBe(false)
    }
  })

  test('of another account, or with another revision than it says, is refused', async () => {
    expect(reasonOf(await rui.crypto.openList(await ana.crypto.sealList(ana.own), rui.own.accountKey))).toBe(
      'bad-device-list'
    )
    const foreign = { ...ana.own, listChain: rui.own.listChain }
    expect(reasonOf(await rui.crypto.openList(await ana.crypto.sealList(foreign), ana.own.accountKey))).toBe(
      'bad-device-list'
    )
    const newer = { ...ana.own, listRevision: 9 }
    expect(reasonOf(await rui.crypto.openList(await ana.crypto.sealList(newer), ana.own.accountKey))).toBe(
      'bad-device-list'
    )
  })

  test('damaged in any way is refused or says the same', async () => {
    const record = await ana.crypto.sealList(ana.own)
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ maxLength: 400 }),
          damage.map((change) => damaged(record, change))
        ),
        async (bytes) => {
          const opened = await rui.crypto.openList(bytes, ana.own.accountKey)
          if (!opened.ok) expect(opened.error).toEqual({ kind: 'crypto', reason: 'bad-device-list' })
          else expect(sameBytes(opened.value.chain, ana.own.listChain)).toBe(true)
        }
      ),
      RUNS
    )
  })

  test('damaged in any way is never taken by a relay as another one', async () => {
    const record = await ana.crypto.sealList(ana.own)
    const original = value(parseListRecord(record))
    const locator = await ana.crypto.listLocator(ana.own.accountKey)
    await fc.assert(
      fc.asyncProperty(damage, async (change) => {
        const parsed = parseListRecord(damaged(record, change))
        if (!parsed.ok) expect(parsed.error).toEqual({ kind: 'list-record', reason: 'malformed' })
        if (!parsed.ok || !(await verifyListRecord(parsed.value, locator)).ok) return
        const { revision, nonce, ciphertext, publishKey } = parsed.value
        expect({ revision, nonce, ciphertext, publishKey }).toEqual({
          revision: original.revision,
          nonce: original.nonce,
          ciphertext: original.ciphertext,
          publishKey: original.publishKey,
        })
      }),
      RUNS
    )
  })
})

describe('endpoints', () => {
  const plain = utf8('/dns4/relay.example/tcp/443/wss')

  test('are opened by the profile key alone', () => {
    const sealed = ana.crypto.sealEndpoint(ana.own.profileKey, plain)
    expect(rui.crypto.openEndpoint(ana.own.profileKey, sealed)).toEqual(plain)
    expect(rui.crypto.openEndpoint(rui.own.profileKey, sealed)).toBeUndefined()
    expect(ana.crypto.sealEndpoint(ana.own.profileKey, plain.subarray(9)).length).toBe(sealed.length)
  })

  test('of any bytes are nothing', () => {
    const sealed = ana.crypto.sealEndpoint(ana.own.profileKey, plain)
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 3_000 }),
          damage.map((change) => damaged(sealed, change))
        ),
        (bytes) => {
          fc.pre(!sameBytes(bytes, sealed))
          expect(ana.crypto.openEndpoint(ana.own.profileKey, bytes)).toBeUndefined()
        }
      ),
      RUNS
    )
  })
})
