import { fromBase64Url, toBase64Url } from '../lib/bytes.ts'
import type { PushRegistration } from './relay-api.ts'

/** A new P-256 pair for signing pushes (RFC 8292), as relays take it. */
export const newVapidPair = async (): Promise<PushRegistration['vapid']> => {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign'])
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))
  const { d } = await crypto.subtle.exportKey('jwk', pair.privateKey)
  if (d === undefined || fromBase64Url(d)?.length !== 32) throw new Error('no P-256 key')
  return { publicKey: toBase64Url(publicKey), privateKey: d }
}
