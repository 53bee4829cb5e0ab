import { createECDH } from 'node:crypto'
import { equalBytes, fromBase64Url } from '../../src/lib/bytes.ts'
import type { PushRegistration, PushSubscriptionKeys } from '../../src/protocol/relay-api.ts'
import type { PushSubscription, PushTarget } from './push-store.ts'

const CURVE = 'prime256v1'

const isPoint = (point: Uint8Array): boolean => {
  const own = createECDH(CURVE)
  own.generateKeys()
  try {
    own.computeSecret(point)
    return true
  } catch {
    return false
  }
}

const isPair = (privateKey: Uint8Array, publicKey: Uint8Array): boolean => {
  const own = createECDH(CURVE)
  try {
    own.setPrivateKey(privateKey)
    return equalBytes(own.getPublicKey(), publicKey)
  } catch {
    return false
  }
}

/** The target of a subscription, if a push can be encrypted for it. Lengths are the schema's to check. */
export const readTarget = ({ endpoint, p256dh, auth }: PushSubscriptionKeys): PushTarget | undefined => {
  const point = fromBase64Url(p256dh)
  const secret = fromBase64Url(auth)
  return point && secret && isPoint(point) ? { endpoint, p256dh: point, auth: secret } : undefined
}

/** A registration whose keys are keys. */
export const readRegistration = ({
  subscription,
  vapid,
  token,
}: PushRegistration): PushSubscription | undefined => {
  const target = readTarget(subscription)
  const vapidPublic = fromBase64Url(vapid.publicKey)
  const vapidPrivate = fromBase64Url(vapid.privateKey)
  const bytes = fromBase64Url(token)
  if (!target || !vapidPublic || !vapidPrivate || !bytes || !isPair(vapidPrivate, vapidPublic))
    return undefined
  return { ...target, vapidPublic, vapidPrivate, token: bytes }
}
