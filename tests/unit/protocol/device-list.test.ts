import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { accountIdOf } from '../../../src/protocol/account.ts'
import {
  appendToChain,
  listedDevices,
  listVersion,
  verifyListChain,
  type DeviceListError,
} from '../../../src/protocol/device-list.ts'
import { SignedListChainSchema } from '../../../src/protocol/gen/identity_pb.js'
import { LIMITS } from '../../../src/protocol/limits.ts'
import { PrivateKey } from '../../../src/signal/index.ts'
import { damage, damaged, RUNS, sameBytes } from '../../support/bytes.ts'
import { append, begin, RELAY, restart, testDevice, verifySignature } from '../../support/device-lists.ts'

const account = PrivateKey.generate()
const accountKey = account.getPublicKey().serialize()
const [one, two, three] = [testDevice(1), testDevice(2), testDevice(3)] as const
const first = begin(account, { devices: [one] })
const second = append(account, first, { devices: [one, two], by: one })
const third = append(account, second, { devices: [two], by: two })

const verdict = async (chain: Uint8Array): Promise<DeviceListError['reason'] | 'fine'> => {
  const result = await verifyListChain(chain, verifySignature)
  return result.ok ? 'fine' : result.error.reason
}
const listsOf = (chain: Uint8Array) => fromBinary(SignedListChainSchema, chain).lists
const chainOf = (lists: ReturnType<typeof listsOf>) =>
  toBinary(SignedListChainSchema, create(SignedListChainSchema, { lists }))

describe('device list chains', () => {
  test('say the newest devices, relays and revision of the account', async () => {
    const result = await verifyListChain(third, verifySignature)
    if (!result.ok) throw new Error(result.error.reason)
    expect(result.value).toMatchObject({
      account: accountIdOf(accountKey),
      accountKey,
      revision: 3,
      relays: [RELAY],
      chain: third,
    })
    expect(result.value.devices).toEqual([two.listed])
    expect(listVersion(third)).toEqual({ revision: 3, hash: result.value.hash })
    expect(listedDevices(second)).toEqual([one.listed, two.listed])
  })

  test('may be overridden by the account key at any revision', async () => {
    expect(await verdict(append(account, third, { devices: [three] }))).toBe('fine')
  })

  test('may begin later when the account key has signed the beginning', async () => {
    expect(await verdict(restart(account, third, { devices: [two] }))).toBe('fine')
    expect(await verdict(restart(account, third, { devices: [two], by: two }))).toBe('broken-chain')
    expect(await verdict(begin(account, { devices: [one], revision: 4 }))).toBe('broken-chain')
  })

  test('are refused when the first revision is signed by anybody but the account', async () => {
    expect(await verdict(begin(account, { devices: [one], by: one }))).toBe('broken-chain')
    expect(await verdict(begin(PrivateKey.generate(), { devices: [one], accountKey }))).toBe('bad-signature')
  })

  test('are refused when a stranger or a removed device signs', async () => {
    expect(await verdict(append(account, second, { devices: [one, two, three], by: three }))).toBe(
      'broken-chain'
    )
    expect(await verdict(append(account, third, { devices: [one, two], by: one }))).toBe('broken-chain')
    const impostor = { ...three, listed: one.listed }
    expect(await verdict(append(account, first, { devices: [one, two], by: impostor }))).toBe('bad-signature')
  })

  test.each([
    ['a revision is left out', () => append(account, first, { devices: [one], by: one, revision: 3 })],
    ['a revision comes again', () => append(account, first, { devices: [one], by: one, revision: 1 })],
    [
      'the hash names another list',
      () => append(account, first, { devices: [one], by: one, previousHash: new Uint8Array(32) }),
    ],
    [
      'the account key changes',
      () => append(account, first, { devices: [one], by: one, accountKey: two.listed.identityKey }),
    ],
    ['a removed device id comes back', () => append(account, third, { devices: [two, one], by: two })],
    ['the order is turned', () => chainOf(listsOf(third).toReversed())],
    ['a link is missing', () => chainOf(listsOf(third).filter((_, place) => place !== 1))],
  ])('are refused when %s', async (_, make) => {
    expect(await verdict(make())).toBe('broken-chain')
  })

  test.each([
    ['nothing', () => new Uint8Array()],
    ['an empty chain', () => chainOf([])],
    ['no device', () => begin(account, { devices: [] })],
    ['a device twice', () => begin(account, { devices: [one, one] })],
    ['device number 128', () => begin(account, { devices: [testDevice(128)] })],
    [
      'more devices than may be',
      () => begin(account, { devices: Array.from({ length: 33 }, (_, place) => testDevice(place + 1)) }),
    ],
    ['no relay', () => begin(account, { devices: [one], relays: [] })],
    ['a plain relay elsewhere', () => begin(account, { devices: [one], relays: ['http://relay.example'] })],
    ['a key of another kind', () => begin(account, { devices: [one], accountKey: new Uint8Array(33) })],
    ['more bytes than may be', () => new Uint8Array(LIMITS.listChainBytes + 1)],
  ])('with %s are malformed', async (_, make) => {
    expect(await verdict(make())).toBe('malformed')
  })

  test('grow no longer than anybody takes', () => {
    let chain: Uint8Array = first
    let length = 1
    for (;;) {
      const { revision, hash } = listVersion(chain)
      const longer = appendToChain(chain, {
        list: listsOf(first)[0]?.list ?? hash,
        signature: new Uint8Array(64),
        signer: 1,
      })
      if (!longer) break
      chain = longer
      length += 1
      expect(revision).toBe(1)
    }
    expect(length).toBe(LIMITS.listChain)
    expect(chain.length).toBeLessThanOrEqual(LIMITS.listChainBytes)
  })
})

describe('hostile device lists', () => {
  let hash: Uint8Array
  beforeAll(() => {
    hash = listVersion(third).hash
  })

  test('damaged in any way are refused or say the same as before', async () => {
    await fc.assert(
      fc.asyncProperty(damage, async (change) => {
        const result = await verifyListChain(damaged(third, change), verifySignature)
        if (!result.ok) expect(result.error.kind).toBe('list')
        // What is cut at the end of a link is an older state; nothing else can still be signed.
        else expect(result.value.revision < 3 || sameBytes(result.value.hash, hash)).toBe(true)
      }),
      RUNS
    )
  })

  test('with any bytes and signatures that all fit never throw', async () => {
    const links = fc.array(
      fc.record({
        list: fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          damage.map((change) => damaged(listsOf(first)[0]?.list ?? new Uint8Array(), change))
        ),
        signature: fc.uint8Array({ minLength: 64, maxLength: 64 }),
        signer: fc.integer({ min: 0, max: 0xffff_ffff }),
      }),
      { maxLength: 4 }
    )
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      links.map((lists) => toBinary(SignedListChainSchema, create(SignedListChainSchema, { lists })))
    )
    await fc.assert(
      fc.asyncProperty(bytes, async (chain) => {
        const result = await verifyListChain(chain, async () => true)
        if (!result.ok) expect(['malformed', 'broken-chain', 'bad-signature']).toContain(result.error.reason)
        else expect(result.value.devices.length).toBeGreaterThan(0)
      }),
      { numRuns: 2_000 }
    )
  })
})
