import { sha3_256, sha3_512, shake256 } from '@noble/hashes/sha3.js'
import { genCrystals, XOF128 } from '@noble/post-quantum/_crystals.js'
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js'
import { concat, copyBytes, equalBytes, wipe, type Bytes } from '../bytes.ts'

// ML-KEM-768 (FIPS 203), sent in parts (spec §5.1).
const N = 256
const Q = 3329
const RANK = 3
const ETA = 2
const U_BITS = 10
const SEED_LENGTH = 32

export const HEADER_LENGTH = 64
export const EK_LENGTH = 1152
export const CT1_LENGTH = 960
export const CT2_LENGTH = 128

const { NTT, nttZetas, mod, bitsCoder } = genCrystals({
  N,
  Q,
  F: 3303, // 128⁻¹ mod q (FIPS 203, algorithm 10)
  ROOT_OF_UNITY: 17,
  newPoly: (length: number) => new Uint16Array(length),
  brvBits: 7,
  isKyber: true,
})

const uCoder = bitsCoder(U_BITS, {
  encode: (value: number) => Math.floor((value * 2 ** U_BITS + (Q - 1) / 2) / Q),
  decode: Number, // never used
})

export type KemKeys = { readonly header: Bytes; readonly ek: Bytes; readonly dk: Bytes }

/** A key pair; `seed` is 64 bytes d ‖ z. */
export const generateKemKeys = (seed: Uint8Array): KemKeys => {
  const { publicKey, secretKey } = ml_kem768.keygen(seed)
  return {
    header: concat(publicKey.subarray(EK_LENGTH), sha3_256(publicKey)),
    ek: copyBytes(publicKey.subarray(0, EK_LENGTH)),
    dk: copyBytes(secretKey),
  }
}

// FIPS 203 algorithm 7: uniform polynomial in the NTT domain.
const sampleUniform = (nextBlock: () => Uint8Array): Uint16Array => {
  const poly = new Uint16Array(N)
  for (let filled = 0; filled < N;) {
    const block = nextBlock()
    for (let i = 0; filled < N && i + 3 <= block.length; i += 3) {
      const [a, b, c] = [block[i] as number, block[i + 1] as number, block[i + 2] as number]
      const first = a | ((b & 0x0f) << 8)
      const second = (b >> 4) | (c << 4)
      if (first < Q) poly[filled++] = first
      if (second < Q && filled < N) poly[filled++] = second
    }
  }
  return poly
}

// FIPS 203 algorithm 8 for η = 2: each byte holds the bits of two coefficients.
const sampleNoise = (seed: Uint8Array, nonce: number): Uint16Array => {
  const stream = shake256(concat(seed, Uint8Array.of(nonce)), { dkLen: (N * ETA) / 4 })
  const poly = new Uint16Array(N)
  stream.forEach((byte, i) => {
    const sums = (byte & 0x55) + ((byte >> 1) & 0x55)
    poly[2 * i] = mod((sums & 3) - ((sums >> 2) & 3))
    poly[2 * i + 1] = mod(((sums >> 4) & 3) - (sums >> 6))
  })
  wipe(stream)
  return poly
}

// FIPS 203 algorithms 11 and 12, added onto `sum`.
const addProduct = (sum: Uint16Array, f: Uint16Array, g: Uint16Array): void => {
  for (let i = 0; i < N; i += 2) {
    const sign = i % 4 === 0 ? 1 : -1
    const zeta = sign * (nttZetas[64 + (i >> 2)] as number)
    const [f0, f1, g0, g1] = [f[i] as number, f[i + 1] as number, g[i] as number, g[i + 1] as number]
    sum[i] = mod((sum[i] as number) + mod(mod(f1 * g1) * zeta + f0 * g0))
    sum[i + 1] = mod((sum[i + 1] as number) + f0 * g1 + f1 * g0)
  }
}

/** First half of encapsulation, from the header alone; `message` is 32 random bytes to keep for the second. */
export const encapsulateFirst = (
  header: Uint8Array,
  message: Uint8Array
): { readonly ct1: Bytes; readonly secret: Bytes } => {
  const expanded = sha3_512(concat(message, header.subarray(SEED_LENGTH)))
  const coins = expanded.subarray(SEED_LENGTH)
  const vector: Uint16Array[] = []
  for (let i = 0; i < RANK; i++) vector.push(NTT.encode(sampleNoise(coins, i)))
  const matrix = XOF128(copyBytes(header.subarray(0, SEED_LENGTH)))
  const parts: Uint8Array[] = []
  for (let i = 0; i < RANK; i++) {
    const sum = new Uint16Array(N)
    vector.forEach((poly, j) => addProduct(sum, sampleUniform(matrix.get(i, j)), poly))
    NTT.decode(sum)
    const noise = sampleNoise(coins, RANK + i)
    for (let k = 0; k < N; k++) sum[k] = mod((sum[k] as number) + (noise[k] as number))
    parts.push(uCoder.encode(sum))
  }
  matrix.clean()
  const secret = copyBytes(expanded.subarray(0, SEED_LENGTH))
  wipe(expanded)
  for (const poly of vector) poly.fill(0)
  return { ct1: concat(...parts), secret }
}

/** Second half: the rest of the ciphertext, once the key has arrived whole. */
export const encapsulateSecond = (header: Uint8Array, ek: Uint8Array, message: Uint8Array): Bytes => {
  const { cipherText } = ml_kem768.encapsulate(concat(ek, header.subarray(0, SEED_LENGTH)), message)
  return copyBytes(cipherText.subarray(CT1_LENGTH))
}

/** The secret in a ciphertext. */
export const decapsulate = (dk: Uint8Array, ct1: Uint8Array, ct2: Uint8Array): Bytes =>
  copyBytes(ml_kem768.decapsulate(concat(ct1, ct2), dk))

/** Whether `ek` belongs to the header and all its coefficients are reduced. */
export const keyMatchesHeader = (header: Uint8Array, ek: Uint8Array): boolean => {
  const hash = sha3_256(concat(ek, header.subarray(0, SEED_LENGTH)))
  if (!equalBytes(hash, header.subarray(SEED_LENGTH))) return false
  for (let i = 0; i < EK_LENGTH; i += 3) {
    const [a, b, c] = [ek[i] as number, ek[i + 1] as number, ek[i + 2] as number]
    if ((a | ((b & 0x0f) << 8)) >= Q || ((b >> 4) | (c << 4)) >= Q) return false
  }
  return true
}
