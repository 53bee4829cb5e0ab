import type { FastifyInstance } from 'fastify'
import { fromBase64Url, toBase64Url } from '../../src/lib/bytes.ts'
import {
  PreKeyUploadSchema,
  RELAY_PATHS,
  type Bundles,
  type PreKeyUpload,
} from '../../src/protocol/relay-api.ts'
import { checkKey } from '../auth/keyed.ts'
import type { RelayContext } from '../context.ts'
import { refuse } from '../errors.ts'
import { jsonBody } from '../http/body.ts'
import { refuseIfOften } from '../http/reply.ts'
import { BODY_LIMITS } from '../limits.ts'
import type { Bundle, PreKeys, PublicPreKey, SignedKey } from './prekey-store.ts'

/** Uploading prekeys, and claiming those of a recipient. */
export const preKeyRoutes = (
  app: FastifyInstance,
  { store, signed, rates, room, config, now }: RelayContext
): void => {
  app.put(RELAY_PATHS.prekeys, { bodyLimit: BODY_LIMITS.prekeys }, async (request) => {
    const { account, device } = await signed.check(request)
    room.checkPreKeys()
    const upload = jsonBody(request, PreKeyUploadSchema)
    const counts = await store.preKeys.put(account, device, preKeysOf(upload), config.limits.oneTimeKeys)
    return counts === 'full' ? refuse('quota', 'there are enough one-time keys') : counts
  })

  app.get(RELAY_PATHS.prekeys, async (request) => {
    const { account, device } = await signed.check(request)
    return store.preKeys.counts(account, device)
  })

  app.post(RELAY_PATHS.claim, { bodyLimit: BODY_LIMITS.small }, async (request, reply): Promise<Bundles> => {
    const key = await checkKey(request, store.keys, now())
    await refuseIfOften(rates, key.kind === 'request' ? 'requestKeyClaims' : 'claims', key.name, reply)
    const bundles = await store.preKeys.claim(key.account)
    return { devices: bundles.map(bundleJson) }
  })
}

const publicKeyOf = (key: { id: number; publicKey: string }): PublicPreKey => ({
  id: key.id,
  publicKey: fromBase64Url(key.publicKey) ?? new Uint8Array(),
})

const signedKeyOf = (key: PreKeyUpload['signedPreKey']): SignedKey => ({
  ...publicKeyOf(key),
  signature: fromBase64Url(key.signature) ?? new Uint8Array(),
})

const preKeysOf = (upload: PreKeyUpload): PreKeys => ({
  identityKey: fromBase64Url(upload.identityKey) ?? new Uint8Array(),
  registrationId: upload.registrationId,
  signedPreKey: signedKeyOf(upload.signedPreKey),
  lastResortKyber: signedKeyOf(upload.lastResortKyber),
  preKeys: upload.preKeys.map(publicKeyOf),
  kyberPreKeys: upload.kyberPreKeys.map(signedKeyOf),
})

const publicJson = (key: PublicPreKey) => ({ id: key.id, publicKey: toBase64Url(key.publicKey) })
const signedJson = (key: SignedKey) => ({ ...publicJson(key), signature: toBase64Url(key.signature) })

const bundleJson = (bundle: Bundle): Bundles['devices'][number] => ({
  deviceId: bundle.device,
  registrationId: bundle.registrationId,
  identityKey: toBase64Url(bundle.identityKey),
  signedPreKey: signedJson(bundle.signedPreKey),
  kyberPreKey: signedJson(bundle.kyberPreKey),
  ...(bundle.preKey && { preKey: publicJson(bundle.preKey) }),
})
