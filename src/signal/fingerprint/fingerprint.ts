import { sha512 } from '@noble/hashes/sha2.js'
import { concat, copyBytes, equalBytes, type Bytes } from '../bytes.ts'
import { signalError } from '../errors.ts'
import type { PublicKey } from '../keys/ec.ts'
import { decode, encode } from '../proto/wire.ts'

const MIN_ITERATIONS = 2
const MAX_ITERATIONS = 1_000_000
const HASH_VERSION = Uint8Array.of(0, 0)
const SCANNABLE_LENGTH = 32
const GROUPS = 6
const GROUP_BYTES = 5
const GROUP_DIGITS = 5
const GROUP_MODULUS = 100_000n
const SCHEMA = {
  version: [1, 'uint32', 'required'],
  local: [2, 'bytes', 'required'],
  remote: [3, 'bytes', 'required'],
} as const
const PARTY = { content: [1, 'bytes', 'required'] } as const

const partyHash = (iterations: number, id: Uint8Array, key: PublicKey): Uint8Array => {
  const keyBytes = key.serialize()
  let hash: Uint8Array = sha512(concat(HASH_VERSION, keyBytes, id, keyBytes))
  for (let i = 1; i < iterations; i++) hash = sha512(concat(hash, keyBytes))
  return hash
}

const digits = (hash: Uint8Array): string => {
  let text = ''
  for (let group = 0; group < GROUPS; group++) {
    let value = 0n
    for (let i = 0; i < GROUP_BYTES; i++)
      value = (value << 8n) | BigInt(hash[group * GROUP_BYTES + i] as number)
    text += (value % GROUP_MODULUS).toString().padStart(GROUP_DIGITS, '0')
  }
  return text
}

/** The fingerprint as a QR code carries it. */
export class ScannableFingerprint {
  readonly #bytes: Bytes

  private constructor(bytes: Bytes) {
    this.#bytes = bytes
  }

  static _fromBuffer(scannable: Uint8Array): ScannableFingerprint {
    return new ScannableFingerprint(copyBytes(scannable))
  }

  static #parse(bytes: Uint8Array, whose: string): { version: number; local: Bytes; remote: Bytes } {
    const parsed = decode(SCHEMA, bytes)
    const local = parsed && decode(PARTY, parsed.local)
    const remote = parsed && decode(PARTY, parsed.remote)
    if (!local || !remote)
      throw signalError(
        'fingerprint-invalid',
        `fingerprint parsing error: failed to decode ${whose}protobuf`,
        'ScannableFingerprint_Compare'
      )
    return { version: parsed.version, local: local.content, remote: remote.content }
  }

  /** Whether `other`, scanned from the peer, is ours seen from their side. Throws `fingerprint-version`. */
  compare(other: ScannableFingerprint): boolean {
    const us = ScannableFingerprint.#parse(this.#bytes, '')
    const them = ScannableFingerprint.#parse(other.#bytes, 'their ')
    if (us.version !== them.version)
      throw signalError(
        'fingerprint-version',
        `fingerprint version number mismatch them ${them.version} us ${us.version}`,
        'ScannableFingerprint_Compare'
      )
    const localMatches = equalBytes(us.local, them.remote)
    return equalBytes(us.remote, them.local) && localMatches
  }

  toBuffer(): Bytes {
    return copyBytes(this.#bytes)
  }
}

/** The fingerprint as 60 digits to read aloud. */
export class DisplayableFingerprint {
  readonly #display: string

  private constructor(display: string) {
    this.#display = display
  }

  static _fromString(display: string): DisplayableFingerprint {
    return new DisplayableFingerprint(display)
  }

  toString(): string {
    return this.#display
  }
}

/** The "safety number" of two identities (spec §11). */
export class Fingerprint {
  readonly #display: string
  readonly #scannable: Bytes

  private constructor(display: string, scannable: Bytes) {
    this.#display = display
    this.#scannable = scannable
  }

  /**
   * `iterations` hashes a party (2..1,000,000; 5200 is Signal's value), `version` of the scannable form (2 today);
   * identifiers are bytes that both sides know. Throws `invalid-argument`.
   */
  static new(
    iterations: number,
    version: number,
    localIdentifier: Uint8Array,
    localKey: PublicKey,
    remoteIdentifier: Uint8Array,
    remoteKey: PublicKey
  ): Fingerprint {
    if (!(iterations >= MIN_ITERATIONS && iterations <= MAX_ITERATIONS))
      throw signalError('invalid-argument', `Invalid fingerprint iterations ${iterations}`, 'Fingerprint_New')
    const local = partyHash(iterations, localIdentifier, localKey)
    const remote = partyHash(iterations, remoteIdentifier, remoteKey)
    const party = (hash: Uint8Array): Bytes => encode(PARTY, { content: hash.subarray(0, SCANNABLE_LENGTH) })
    return new Fingerprint(
      [digits(local), digits(remote)].sort().join(''),
      encode(SCHEMA, { version, local: party(local), remote: party(remote) })
    )
  }

  displayableFingerprint(): DisplayableFingerprint {
    return DisplayableFingerprint._fromString(this.#display)
  }

  scannableFingerprint(): ScannableFingerprint {
    return ScannableFingerprint._fromBuffer(this.#scannable)
  }
}
