import type { FastifyRequest } from 'fastify'
import type { AccountId, DeviceId } from '../../src/protocol/ids.ts'
import { verifyRequest, type VerifiedRequest } from '../../src/protocol/http-signature.ts'
import { LIMITS } from '../../src/protocol/limits.ts'
import type { DeviceStore } from '../devices/device-store.ts'
import { refuse } from '../errors.ts'
import { bodyOf } from '../http/body.ts'
import type { Nonces, NonceUse } from './nonces.ts'

/** A device that registers: who it says it is, the key that it brings, and who its nonce counts for. */
export interface Registrant {
  readonly account: AccountId
  readonly device: DeviceId
  readonly key: Uint8Array
  /** The account only if the key is known to be this device's: anybody can sign in its name with a key of their own. */
  readonly share: string
}

/** Checks signed requests of devices. */
export interface SignedAuth {
  /** Who signed the request; refuses with `unauthorized`. A registrant's key stands in for the registered ones. */
  check(request: FastifyRequest, registrant?: Registrant): Promise<VerifiedRequest>
}

export interface SignedDeps {
  readonly devices: Pick<DeviceStore, 'requestKey'>
  /** The origin that clients sign for; null: the address they named in the request. */
  readonly publicUrl: URL | null
  readonly now: () => number
  readonly nonces: Nonces
}

/** Milliseconds that a nonce is remembered: a request is good for `requestAge` before and after its time. */
export const NONCE_LIFETIME = 2 * LIMITS.requestAge

const REFUSALS: Readonly<Record<Exclude<NonceUse, 'good'>, Parameters<typeof refuse>>> = {
  used: ['unauthorized', 'this signature was used before'],
  often: ['rate-limited', 'too many requests of this device or account; try again later'],
  full: ['unavailable', 'the relay has too much to do; try again later'],
}

/** Makes the check. */
export const createSignedAuth = ({ devices, publicUrl, now, nonces }: SignedDeps): SignedAuth => {
  return {
    check: async (request, registrant) => {
      const find: typeof devices.requestKey = async (account, device) => {
        if (!registrant) return devices.requestKey(account, device)
        return account === registrant.account && device === registrant.device ? registrant.key : undefined
      }
      const authority = publicUrl?.host ?? request.host
      const time = now()
      const verified = await verifyRequest(
        {
          method: request.method,
          url: `http://${authority}${request.raw.url ?? '/'}`,
          body: bodyOf(request),
        },
        {
          signature: one(request.headers['signature']),
          'signature-input': one(request.headers['signature-input']),
          'content-digest': one(request.headers['content-digest']),
        },
        find,
        time
      )
      if (!verified.ok)
        return refuse('unauthorized', `the request is not signed as it must be: ${verified.error.reason}`)
      const { account, nonce } = verified.value
      const use = await nonces.use(verified.value, nonce, time, registrant?.share ?? account)
      return use === 'good' ? verified.value : refuse(...REFUSALS[use])
    },
  }
}

const one = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header.join(', ') : header
