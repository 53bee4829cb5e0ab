/** Names of the Web Cryptography API that `src/signal` uses as types: Node's globals have them as values alone. */
import type { webcrypto } from 'node:crypto'

declare global {
  type SubtleCrypto = webcrypto.SubtleCrypto
  type CryptoKey = webcrypto.CryptoKey
}
