import { describe, expect, test } from 'vitest'
import {
  ciphertextMac,
  epochSecret,
  headerMac,
  initialAuthenticator,
} from '../../../src/signal/spqr/authenticator.ts'
import { EMPTY_LIST } from '../../../src/signal/proto/packed.ts'
import { decode, encode } from '../../../src/signal/proto/wire.ts'
import { addEpoch, sendKey, startChain } from '../../../src/signal/spqr/chain.ts'
import { addChunk, chunkAt, decoded, type Decoder } from '../../../src/signal/spqr/erasure.ts'
import { gfLog, gfProductOf } from '../../../src/signal/spqr/gf.ts'
import {
  decapsulate,
  encapsulateFirst,
  encapsulateSecond,
  generateKemKeys,
  keyMatchesHeader,
} from '../../../src/signal/spqr/kem.ts'
import { spqrReceive, spqrSend, startSpqr } from '../../../src/signal/spqr/spqr.ts'
import { loadSpqr, saveSpqr, type Spqr } from '../../../src/signal/spqr/storage.ts'
import { hex, seed, toHex, vectors } from './load.ts'

/** An instance as it comes back from storage. */
const stored = (spqr: Spqr): Spqr => {
  const bytes = encode({ spqr: [1, 'message'] }, { spqr: saveSpqr(spqr) })
  return loadSpqr(decode({ spqr: [1, 'bytes'] }, bytes)?.spqr as Uint8Array<ArrayBuffer>) as Spqr
}

describe('spec §5.2: field and erasure code', () => {
  test.each(vectors.gf65536)('%s × %s = %s', (a, b, product) => {
    const [x, y, z] = [a, b, product].map((text) => parseInt(text, 16)) as [number, number, number]
    expect([gfProductOf(gfLog(x), y), gfProductOf(gfLog(y), x)]).toEqual([z, z])
  })

  test('anything times zero is zero', () => {
    expect([0, 5, 65534].map((weight) => gfProductOf(weight, 0))).toEqual([0, 0, 0])
  })

  test.each(Object.entries(vectors.erasure.chunks))('chunk %s of a 3-chunk message', (index, chunk) => {
    expect(toHex(chunkAt(hex(vectors.erasure.message), Number(index)))).toBe(chunk)
  })

  test('parity chunks of a 36-chunk message', () => {
    const message = seed('erasure ek', 1152)
    expect(toHex(chunkAt(message, 36))).toBe(vectors.erasure_ek.chunk_36)
    expect(toHex(chunkAt(message, 71))).toBe(vectors.erasure_ek.chunk_71)
  })

  test('any 36 distinct chunks give the message back', () => {
    const message = seed('erasure ek', 1152)
    let decoder: Decoder = { length: 1152, chunks: EMPTY_LIST }
    for (let i = 0; i < 36; i++) {
      expect(decoded(decoder)).toBeNull()
      const index = i % 2 === 0 ? i : 1000 + 7 * i
      decoder = addChunk(decoder, { index, data: chunkAt(message, index) })
      decoder = addChunk(decoder, { index, data: chunkAt(message, index) })
    }
    expect(toHex(decoded(decoder) as Uint8Array)).toBe(toHex(message))
  })
})

describe('spec §5.1: incremental ML-KEM-768', () => {
  const kem = vectors.incremental_mlkem768
  const keys = generateKemKeys(hex(kem.keygen_seed))

  test('header and key', () => {
    expect([toHex(keys.header), toHex(keys.ek)]).toEqual([kem.hdr, kem.ek])
    expect(keyMatchesHeader(keys.header, keys.ek)).toBe(true)
  })

  test('encapsulation in two halves, and decapsulation', () => {
    const { ct1, secret } = encapsulateFirst(keys.header, hex(kem.m))
    const ct2 = encapsulateSecond(keys.header, keys.ek, hex(kem.m))
    expect([toHex(ct1), toHex(ct2), toHex(secret)]).toEqual([kem.ct1, kem.ct2, kem.shared_secret])
    expect(toHex(decapsulate(keys.dk, ct1, ct2))).toBe(kem.shared_secret)
  })
})

describe('spec §5.3 and §5.7: authenticator and chain', () => {
  const kdf = vectors.spqr_kdf

  test('authenticator, MACs and epoch secret', () => {
    const auth = initialAuthenticator(hex(kdf.pqr_key))
    expect([toHex(auth.root), toHex(auth.mac)]).toEqual([kdf.auth_init.root, kdf.auth_init.mac])
  })

  test('chain start, first step and next epoch', () => {
    const chain = startChain(hex(kdf.pqr_key), true)
    const [first] = chain.epochs
    expect(toHex(chain.nextRoot)).toBe(kdf.start.next_root)
    expect([toHex(first?.send.next as Uint8Array), toHex(first?.receive.next as Uint8Array)]).toEqual([
      kdf.start.a2b,
      kdf.start.b2a,
    ])
    const key = sendKey(chain, 0)
    expect(toHex(key?.data as Uint8Array)).toBe(kdf.a2b_step1.key)
    expect(toHex(first?.send.next as Uint8Array)).toBe(kdf.a2b_step1.next)
    expect(addEpoch(chain, 1, hex(kdf.epoch_secret))).toBe(true)
    expect(toHex(chain.nextRoot)).toBe(kdf.add_epoch_1.next_root)
    expect(toHex(chain.epochs[1]?.send.next as Uint8Array)).toBe(kdf.add_epoch_1.a2b)
    expect(toHex(chain.epochs[1]?.receive.next as Uint8Array)).toBe(kdf.add_epoch_1.b2a)
  })

  test('the MACs and the epoch secret of named seeds', () => {
    const auth = initialAuthenticator(hex(kdf.pqr_key))
    const ct = seed('ct', 1088)
    expect(toHex(headerMac(auth, 1, seed('hdr', 64)))).toBe(kdf.mac_hdr_of_seed_hdr64_epoch1)
    expect(toHex(ciphertextMac(auth, 1, ct.subarray(0, 960), ct.subarray(960)))).toBe(
      kdf.mac_ct_of_seed_ct1088_epoch1
    )
    expect(toHex(epochSecret(1, seed('ss', 32)))).toBe(kdf.scka_key_of_ss_epoch1)
  })
})

describe('spec §5.5 and §5.8: the whole braid', () => {
  test('a trace of 260 messages with all their keys', () => {
    const trace = vectors.spqr_trace
    const counts = new Map([
      [64, 0],
      [32, 0],
    ])
    const random = (length: number): Uint8Array<ArrayBuffer> => {
      const count = (counts.get(length) as number) + 1
      counts.set(length, count)
      return seed(length === 64 ? `spqr keygen ${count}` : `spqr encaps ${count}`, length)
    }
    const sides: Record<string, Spqr> = {
      A: startSpqr(hex(trace.pqr_key), true),
      B: startSpqr(hex(trace.pqr_key), false),
    }
    for (const [name, message, key] of trace.steps as [string, string, string][]) {
      const sender = stored(sides[name] as Spqr)
      const sent = spqrSend(sender, random)
      expect([toHex(sent?.message as Uint8Array), toHex(sent?.key as Uint8Array)]).toEqual([message, key])
      sides[name] = sender
      const other = name === 'A' ? 'B' : 'A'
      const receiver = stored(sides[other] as Spqr)
      expect(toHex(spqrReceive(receiver, hex(message), 2000) as Uint8Array)).toBe(key)
      sides[other] = receiver
    }
    for (const name of ['A', 'B'] as const) {
      const side = sides[name] as Spqr
      expect([side.braid.tag, side.braid.epoch, side.chain.epoch]).toEqual(trace.final[name])
    }
  })
})
