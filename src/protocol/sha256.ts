/** SHA-256, synchronous: ids and checksums are needed inside transactions, where WebCrypto's promise cannot be waited for. */
export { sha256 } from '@noble/hashes/sha2.js'
