import { createHmac } from 'node:crypto'
import type { IceServer } from '../../src/protocol/ice-servers.ts'
import type { AccountId, DeviceId } from '../../src/protocol/ids.ts'
import type { RelayContext } from '../context.ts'

const HOUR = 60 * 60 * 1000
/** 96 bits: enough that no two devices share a name. */
const NAME_BYTES = 12

/**
 * Servers for a device, with credentials of the TURN REST scheme as coturn checks them: the name begins with the second at which they end,
 * the password is an HMAC-SHA1 of the name. A device has one name within an hour, so that the server's quota a name counts devices; from
 * hour to hour names cannot be linked, and none leads back to an account.
 * @param now ms since 1970
 * @param lifetime ms that credentials last at least
 */
export const iceServersFor = (
  { stunUrls, turn }: Pick<RelayContext['config'], 'stunUrls'> & Pick<RelayContext, 'turn'>,
  who: { readonly account: AccountId; readonly device: DeviceId },
  now: number,
  lifetime: number
): { iceServers: IceServer[]; ttlSeconds: number } => {
  const end = Math.ceil(now / HOUR) * HOUR + lifetime
  const ttlSeconds = Math.floor((end - now) / 1000)
  const stun = stunUrls.length > 0 ? [{ urls: [...stunUrls] }] : []
  if (!turn) return { iceServers: stun, ttlSeconds }
  const name = createHmac('sha256', turn.secret).update(`${who.account}.${who.device}.${end}`).digest()
  const username = `${Math.floor(end / 1000)}:${name.subarray(0, NAME_BYTES).toString('base64url')}`
  const credential = createHmac('sha1', turn.secret).update(username).digest('base64')
  return { iceServers: [...stun, { urls: [...turn.urls], username, credential }], ttlSeconds }
}
