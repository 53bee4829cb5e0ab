import { ascii, be64, concat, wipe, type Bytes } from '../bytes.ts'
import { hkdfSha256, hmac } from '../crypto/kdf.ts'

/** What binds the braid's messages to the session (spec §5.3). */
export type Authenticator = { readonly root: Bytes; readonly mac: Bytes }

export const MAC_LENGTH = 32
const KEY_LENGTH = 32
const PROTOCOL = 'Signal_PQCKA_V1_MLKEM768:'
const UPDATE_LABEL = ascii(`${PROTOCOL}Authenticator Update`)
const HEADER_LABEL = ascii(`${PROTOCOL}ekheader`)
const CIPHERTEXT_LABEL = ascii(`${PROTOCOL}ciphertext`)
const SECRET_LABEL = ascii(`${PROTOCOL}SCKA Key`)

/** The authenticator after a new secret of `epoch`. */
export const updateAuthenticator = (
  before: Authenticator,
  epoch: number,
  secret: Uint8Array
): Authenticator => {
  const input = concat(before.root, secret)
  const out = hkdfSha256(null, input, concat(UPDATE_LABEL, be64(epoch)), 2 * KEY_LENGTH)
  const after = { root: out.slice(0, KEY_LENGTH), mac: out.slice(KEY_LENGTH) }
  wipe(input, out)
  return after
}

/** The first authenticator, from the key of PQXDH. */
export const initialAuthenticator = (key: Uint8Array): Authenticator =>
  updateAuthenticator({ root: new Uint8Array(KEY_LENGTH), mac: new Uint8Array(KEY_LENGTH) }, 1, key)

export const headerMac = (auth: Authenticator, epoch: number, header: Uint8Array): Bytes =>
  hmac(auth.mac, concat(HEADER_LABEL, be64(epoch), header))

export const ciphertextMac = (auth: Authenticator, epoch: number, ct1: Uint8Array, ct2: Uint8Array): Bytes =>
  hmac(auth.mac, concat(CIPHERTEXT_LABEL, be64(epoch), ct1, ct2))

/** The epoch's secret for the chain, from the KEM's shared secret (which is wiped). */
export const epochSecret = (epoch: number, shared: Uint8Array): Bytes => {
  const secret = hkdfSha256(null, shared, concat(SECRET_LABEL, be64(epoch)), KEY_LENGTH)
  wipe(shared)
  return secret
}
