import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { damage, damaged, RUNS } from '../../support/bytes.ts'
import {
  commit,
  createParty,
  openFor,
  read,
  reasonOf,
  value,
  write,
  type Party,
} from '../../support/crypto-party.ts'

const ENVELOPE = new Uint8Array(16).fill(7)
let ana: Party
let rui: Party
beforeEach(async () => {
  ana = await createParty('Ana')
  rui = await createParty('Rui')
  await read(rui, await write(ana, rui, 'first'))
  await read(ana, await write(rui, ana, 'answer'))
  return () => {
    ana.store.close()
    rui.store.close()
  }
})

/** Rui lost his session and asks for what he cannot read. */
const askAgain = async (body: Uint8Array): Promise<Uint8Array> => {
  const opened = await openFor(rui, body)
  return rui.crypto.sealRetryRequest(rui.own, ana.own.account, ana.device, opened, ENVELOPE)
}
const loseSession = () =>
  rui.store.transaction((tx) => tx.signal.removeSession(`${ana.own.account}.${ana.own.device}`))

describe('a retry request', () => {
  test('heals a lost session: it is archived, and the message goes out under a new one', async () => {
    const body = await write(ana, rui, 'lost')
    loseSession()
    expect(reasonOf(await rui.crypto.decrypt(rui.own, await openFor(rui, body)))).toBe('no-session')
    const request = await openFor(ana, await askAgain(body))
    expect(request).toMatchObject({
      type: 'plaintext',
      account: rui.own.account,
      identityKey: rui.device.identityKey,
    })
    expect(commit(ana, value(await ana.crypto.acceptRetryRequest(request))).envelopeId).toEqual(ENVELOPE)
    expect(ana.crypto.hasSession(rui.own.account, rui.device)).toBe(false)
    expect(await read(rui, await write(ana, rui, 'lost'))).toBe('lost')
    expect(await read(ana, await write(rui, ana, 'thanks'))).toBe('thanks')
  })

  test('is staged like everything else', async () => {
    const request = await openFor(ana, await askAgain(await write(ana, rui, 'lost')))
    value(await ana.crypto.acceptRetryRequest(request))
    expect(ana.crypto.hasSession(rui.own.account, rui.device)).toBe(true)
  })

  test('about a session that was replaced meanwhile leaves the new one alone', async () => {
    const old = await askAgain(await write(ana, rui, 'lost'))
    commit(ana, value(await ana.crypto.acceptRetryRequest(await openFor(ana, old))))
    await read(rui, await write(ana, rui, 'anew'))
    commit(ana, value(await ana.crypto.acceptRetryRequest(await openFor(ana, old))))
    expect(ana.crypto.hasSession(rui.own.account, rui.device)).toBe(true)
  })

  test('about a message of another device changes nothing', async () => {
    const opened = await openFor(rui, await write(ana, rui, 'lost'))
    const body = await rui.crypto.sealRetryRequest(
      rui.own,
      ana.own.account,
      ana.device,
      { ...opened, device: 2 as never },
      ENVELOPE
    )
    commit(ana, value(await ana.crypto.acceptRetryRequest(await openFor(ana, body))))
    expect(ana.crypto.hasSession(rui.own.account, rui.device)).toBe(true)
  })

  test('can be made for what is no message at all', async () => {
    const opened = await openFor(rui, await write(ana, rui, 'lost'))
    const broken = { ...opened, inner: Uint8Array.of(1, 2, 3) }
    const body = await rui.crypto.sealRetryRequest(rui.own, ana.own.account, ana.device, broken, ENVELOPE)
    expect(
      commit(ana, value(await ana.crypto.acceptRetryRequest(await openFor(ana, body)))).envelopeId
    ).toEqual(ENVELOPE)
    expect(ana.crypto.hasSession(rui.own.account, rui.device)).toBe(true)
  })

  test('of any bytes ends in a typed error or names an envelope', async () => {
    const request = await openFor(ana, await askAgain(await write(ana, rui, 'lost')))
    const inner = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      damage.map((change) => damaged(request.inner, change))
    )
    await fc.assert(
      fc.asyncProperty(
        inner,
        fc.constantFrom('plaintext' as const, 'message' as const),
        async (bytes, type) => {
          const accepted = await ana.crypto.acceptRetryRequest({ ...request, inner: bytes, type })
          if (accepted.ok) expect(accepted.value.value.envelopeId.length).toBe(16)
          else expect(accepted.error).toEqual({ kind: 'crypto', reason: 'undecryptable' })
        }
      ),
      RUNS
    )
    expect(ana.crypto.hasSession(rui.own.account, rui.device)).toBe(true)
  })
})
