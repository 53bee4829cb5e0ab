import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { toBase64Url, utf8 } from '../../../src/lib/bytes.ts'
import { PrivateKey } from '../../../src/signal/index.ts'
import { damage, damaged, RUNS } from '../../support/bytes.ts'
import {
  commit,
  createParty,
  openFor,
  read,
  reasonOf,
  startSession,
  value,
  write,
  type Party,
} from '../../support/crypto-party.ts'

const DAY = 24 * 60 * 60 * 1000
let ana: Party
let rui: Party
beforeEach(async () => {
  ana = await createParty('Ana')
  rui = await createParty('Rui')
  return () => {
    ana.store.close()
    rui.store.close()
  }
})
const addressOf = (party: Party) => `${party.own.account}.${party.own.device}`

describe('two accounts', () => {
  test('talk both ways, whoever has the word', async () => {
    for (let turn = 0; turn < 12; turn++) {
      const [from, to] = turn % 3 === 0 ? [ana, rui] : [rui, ana]
      const text = `mensagem ${turn} 🌻`
      expect(await read(to, await write(from, to, text))).toBe(text)
    }
  })

  test('who write first at the same time still understand each other', async () => {
    const [hello, olá] = [await write(ana, rui, 'hello'), await write(rui, ana, 'olá')]
    expect([await read(rui, hello), await read(ana, olá)]).toEqual(['hello', 'olá'])
    expect(await read(rui, await write(ana, rui, 'again'))).toBe('again')
    expect(await read(ana, await write(rui, ana, 'de novo'))).toBe('de novo')
  })

  test('get what comes in another order, and each only once', async () => {
    await read(rui, await write(ana, rui, 'first'))
    await read(ana, await write(rui, ana, 'answer'))
    const bodies: Uint8Array[] = []
    for (const text of ['1', '2', '3', '4']) bodies.push(await write(ana, rui, text))
    const texts: string[] = []
    for (const body of bodies.toReversed()) texts.push(await read(rui, body))
    expect(texts).toEqual(['4', '3', '2', '1'])
    for (const body of bodies) {
      expect(reasonOf(await rui.crypto.decrypt(rui.own, await openFor(rui, body)))).toBe('duplicate')
    }
  })

  test('talk without one-time keys, by the last-resort key alone', async () => {
    const lone = await createParty('Lia', 0)
    expect(await read(lone, await write(ana, lone, 'hi'))).toBe('hi')
    expect(await read(lone, await write(rui, lone, 'oi'))).toBe('oi')
    lone.store.close()
  })

  test('show nothing of the length of what they write', async () => {
    await read(rui, await write(ana, rui, 'first'))
    await read(ana, await write(rui, ana, 'answer'))
    const lengths = new Set<number>()
    for (const length of [1, 50, 200]) lengths.add((await write(ana, rui, 'x'.repeat(length))).length)
    // The post-quantum ratchet adds what it has to say; the text adds nothing.
    expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThan(8)
  })
})

describe('an operation that is not committed', () => {
  test('has not happened: the message decrypts again and its prekeys are still there', async () => {
    const opened = await openFor(rui, await write(ana, rui, 'hi'))
    for (let again = 0; again < 3; again++) {
      expect(value(await rui.crypto.decrypt(rui.own, opened)).value).toEqual(utf8('hi'))
    }
    expect(rui.crypto.hasSession(ana.own.account, ana.device)).toBe(false)
    expect(
      rui.store.read((tx) => [tx.signal.preKey(1), tx.signal.session(addressOf(ana))].map(Boolean))
    ).toEqual([true, false])
  })

  test('has happened wholly once it is: session, identity and consumed keys', async () => {
    const bundle = rui.bundle()
    commit(ana, value(await ana.crypto.startSession(ana.own, rui.own.account, rui.device, bundle)))
    await read(rui, await write(ana, rui, 'hi'))
    const left = rui.store.read((tx) => ({
      preKey: tx.signal.preKey(bundle.preKey?.id ?? -1),
      kyber: tx.signal.kyberPreKey(bundle.kyberPreKey.id),
      identity: tx.signal.identity(addressOf(ana)),
    }))
    expect(left).toEqual({ preKey: undefined, kyber: undefined, identity: ana.own.identityPublic })
    expect(rui.crypto.hasSession(ana.own.account, ana.device)).toBe(true)
  })
})

describe('keys that do not fit', () => {
  const stranger = toBase64Url(PrivateKey.generate().getPublicKey().serialize())

  test('without a session there is no message', async () => {
    expect(reasonOf(await ana.crypto.encrypt(ana.own, rui.own.account, rui.device, utf8('hi'), true))).toBe(
      'no-session'
    )
  })

  test('a bundle with another identity than the list is not trusted', async () => {
    const start = (bundle: ReturnType<Party['bundle']>) =>
      ana.crypto.startSession(ana.own, rui.own.account, rui.device, bundle)
    const lia = await createParty('Lia')
    expect(reasonOf(await start(lia.bundle()))).toBe('untrusted-identity')
    expect(reasonOf(await start({ ...rui.bundle(), deviceId: 2 }))).toBe('untrusted-identity')
    expect(reasonOf(await start({ ...rui.bundle(), identityKey: stranger }))).toBe('bad-signature')
    expect(
      reasonOf(
        await start({ ...rui.bundle(), signedPreKey: { ...rui.bundle().signedPreKey, publicKey: stranger } })
      )
    ).toBe('bad-signature')
    lia.store.close()
  })

  test('another key under the same device id ends the session, and the old one is not used for it', async () => {
    await read(rui, await write(ana, rui, 'hi'))
    const changed = { ...rui.device, identityKey: stranger }
    expect(ana.crypto.hasSession(rui.own.account, rui.device)).toBe(true)
    expect(ana.crypto.hasSession(rui.own.account, changed)).toBe(false)
    expect(reasonOf(await ana.crypto.encrypt(ana.own, rui.own.account, changed, utf8('hi'), true))).toBe(
      'untrusted-identity'
    )
  })

  test('a message of one identity is not taken as one of another', async () => {
    const opened = await openFor(rui, await write(ana, rui, 'hi'))
    expect(reasonOf(await rui.crypto.decrypt(rui.own, { ...opened, identityKey: stranger }))).toBe(
      'untrusted-identity'
    )
    await read(rui, await write(ana, rui, 'hi'))
    await read(ana, await write(rui, ana, 'oi'))
    const later = await openFor(rui, await write(ana, rui, 'again'))
    expect(later.type).toBe('message')
    expect(reasonOf(await rui.crypto.decrypt(rui.own, { ...later, identityKey: stranger }))).toBe(
      'untrusted-identity'
    )
  })
})

describe('sessions end', () => {
  test('after 1,500 messages without an answer, before a receiver would refuse to skip that far', async () => {
    let last = new Uint8Array()
    const before = rui.bundle()
    commit(ana, value(await ana.crypto.startSession(ana.own, rui.own.account, rui.device, before)))
    let count = 0
    while (ana.crypto.hasSession(rui.own.account, rui.device)) {
      last = Uint8Array.from(await write(ana, rui, `${++count}`))
    }
    expect(count).toBe(1_500)
    expect(await read(rui, last)).toBe('1500')
    expect(await read(rui, await write(ana, rui, 'anew'))).toBe('anew')
  })

  test('after 30 days without an answer', async () => {
    await write(ana, rui, 'hi')
    ana.time.now += 29 * DAY
    expect(ana.crypto.hasSession(rui.own.account, rui.device)).toBe(true)
    ana.time.now += 2 * DAY
    expect(ana.crypto.hasSession(rui.own.account, rui.device)).toBe(false)
    expect(reasonOf(await ana.crypto.encrypt(ana.own, rui.own.account, rui.device, utf8('hi'), true))).toBe(
      'no-session'
    )
  })

  test('when their record cannot be read, and a new one heals it', async () => {
    await read(rui, await write(ana, rui, 'hi'))
    ana.store.transaction((tx) => tx.signal.putSession(addressOf(rui), Uint8Array.of(1, 2, 3)))
    expect(ana.crypto.hasSession(rui.own.account, rui.device)).toBe(false)
    expect(await read(rui, await write(ana, rui, 'healed'))).toBe('healed')
  })
})

describe('replays and damage', () => {
  test('a first message that comes again after its session is gone is refused, by last-resort keys too', async () => {
    const lone = await createParty('Lia', 0)
    await startSession(ana, lone)
    const body = await write(ana, lone, 'hi')
    expect(await read(lone, body)).toBe('hi')
    lone.store.transaction((tx) => tx.signal.removeSession(addressOf(ana)))
    expect(reasonOf(await lone.crypto.decrypt(lone.own, await openFor(lone, body)))).toBe('undecryptable')
    expect(lone.store.read((tx) => tx.signal.session(addressOf(ana)))).toBe(undefined)
    lone.store.close()
  })

  test('a content that is not padded is no message', async () => {
    const opened = await openFor(rui, await write(ana, rui, 'hi'))
    expect(reasonOf(await rui.crypto.decrypt(rui.own, { ...opened, inner: new Uint8Array() }))).toBe(
      'undecryptable'
    )
    expect(reasonOf(await rui.crypto.decrypt(rui.own, { ...opened, type: 'message' }))).not.toBe('fine')
  })

  test('damaged inner messages end in a typed error and change nothing', async () => {
    const first = await openFor(rui, await write(ana, rui, 'first'))
    commit(rui, value(await rui.crypto.decrypt(rui.own, first)))
    await read(ana, await write(rui, ana, 'answer'))
    const opened = await openFor(rui, await write(ana, rui, 'hi'))
    const before = rui.store.read((tx) => tx.signal.session(addressOf(ana)))
    const kind = fc.constantFrom('message' as const, 'prekey' as const, 'plaintext' as const)
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(first, opened), damage, kind, async (original, change, type) => {
        const inner = damaged(original.inner, change)
        fc.pre(Buffer.compare(inner, original.inner) !== 0)
        const result = await rui.crypto.decrypt(rui.own, { ...original, inner, type })
        // Fields that the authenticated part does not cover may change without harm: the text is still the one that was written.
        if (result.ok) expect(['first', 'hi']).toContain(new TextDecoder().decode(result.value.value))
        else
          expect(['undecryptable', 'no-session', 'untrusted-identity', 'duplicate']).toContain(
            result.error.reason
          )
      }),
      RUNS
    )
    expect(rui.store.read((tx) => tx.signal.session(addressOf(ana)))).toEqual(before)
    expect(new TextDecoder().decode(value(await rui.crypto.decrypt(rui.own, opened)).value)).toBe('hi')
  })
})
