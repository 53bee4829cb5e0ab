import * as v from 'valibot'
import type { NetworkError } from '../../core/domain/errors.ts'
import type { Registered, RelayApi, Reply, RequestSigner } from '../../core/ports/network.ts'
import type { Clock, Random } from '../../core/ports/platform.ts'
import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from '../../lib/bytes.ts'
import { err, ok, type Result } from '../../lib/result.ts'
import { signRequest } from '../../protocol/http-signature.ts'
import { parseDeviceId } from '../../protocol/ids.ts'
import { LIMITS } from '../../protocol/limits.ts'
import {
  BundlesSchema,
  DepositedSchema,
  EndpointsSchema,
  InfoSchema,
  KEY_HEADER,
  PreKeyCountsSchema,
  RELAY_PATHS,
  RelayErrorSchema,
  StaleListSchema,
  TurnAccessSchema,
  type RelayErrorCode,
} from '../../protocol/relay-api.ts'
import { isRelayOrigin } from '../../protocol/relay-origin.ts'
import { send, statusError, type HttpAnswer, type HttpDeps, type HttpRequest } from './http.ts'

type Deps = HttpDeps & { readonly clock: Pick<Clock, 'now'>; readonly random: Random }
type Method = HttpRequest['method']
type Credential = { readonly signer: RequestSigner } | { readonly key: Uint8Array } | null
interface Call {
  readonly method: Method
  readonly origin: string
  readonly path: string
  readonly credential: Credential
  readonly json?: unknown
  readonly binary?: Uint8Array
  readonly most?: number
  readonly invitation?: boolean
}

const SMALL = 64 * 1024
/** Bundles of all devices of an account: some 4 KiB each as base64url. */
const BUNDLES = 512 * 1024
/** A full page of the mailbox: bodies, and what is around each. */
const PAGE = LIMITS.pageBytes + LIMITS.pageDeliveries * 64
const NONCE = 16
/** Refusals of a registration that one can do something about. */
const REFUSALS: Readonly<Partial<Record<RelayErrorCode, Registered>>> = {
  uninvited: 'uninvited',
  'device-removed': 'removed',
  'device-behind': 'behind',
}
const JSON_TYPE = 'application/json'
const BINARY_TYPE = 'application/x-protobuf'

const refused = (reason: NetworkError['reason']): Result<never, NetworkError> =>
  err({ kind: 'network', reason })

/** The relay's HTTP API over `fetch`: for pages, workers, the service worker and Node. */
export const createRelayApi = (deps: Deps): RelayApi => {
  const headersOf = async (
    call: Call,
    url: string,
    body: Uint8Array | null
  ): Promise<Record<string, string>> => {
    const type: Record<string, string> = body ? { 'content-type': call.binary ? BINARY_TYPE : JSON_TYPE } : {}
    const { credential } = call
    if (!credential) return type
    if ('key' in credential) return { ...type, [KEY_HEADER]: toBase64Url(credential.key) }
    const freshness = { created: deps.clock.now(), nonce: toBase64Url(deps.random.bytes(NONCE)) }
    const parts = { method: call.method, url, body: body ?? new Uint8Array() }
    return { ...type, ...(await signRequest(parts, credential.signer, freshness)) }
  }

  const request = async (call: Call): Promise<Result<HttpAnswer, NetworkError>> => {
    // Contacts name their relays: no path, no credentials, no plain HTTP to elsewhere.
    if (!isRelayOrigin(call.origin)) return refused('refused')
    const url = new URL(call.path, call.origin).href
    const body = call.binary ?? (call.json === undefined ? null : utf8(JSON.stringify(call.json)))
    return send(deps, {
      method: call.method,
      url,
      headers: await headersOf(call, url, body),
      body,
      most: call.most ?? SMALL,
      invitation: call.invitation ?? false,
    })
  }

  const done = async (call: Call): Reply<null> => {
    const answer = await request(call)
    if (!answer.ok) return answer
    return answer.value.status >= 200 && answer.value.status < 300
      ? ok(null)
      : err(statusError(answer.value.status))
  }

  const binary = async (call: Call): Reply<Uint8Array> => {
    const answer = await request(call)
    if (!answer.ok) return answer
    return answer.value.status === 200 ? ok(answer.value.body) : err(statusError(answer.value.status))
  }

  const json = async <S extends v.GenericSchema>(call: Call, schema: S): Reply<v.InferOutput<S>> => {
    const answer = await request(call)
    if (!answer.ok) return answer
    if (answer.value.status !== 200 && answer.value.status !== 201)
      return err(statusError(answer.value.status))
    return parsed(answer.value, schema)
  }

  const account = (path: string, id: string): string => path.replace(':account', id)
  const locator = (id: string): string => RELAY_PATHS.list.replace(':locator', id)

  return {
    info: (origin) => json({ method: 'GET', origin, path: RELAY_PATHS.info, credential: null }, InfoSchema),
    iceServers: (origin, signer) =>
      json({ method: 'GET', origin, path: RELAY_PATHS.iceServers, credential: { signer } }, TurnAccessSchema),
    register: async (origin, signer, registration) => {
      const answer = await request({
        method: 'POST',
        origin,
        path: RELAY_PATHS.devices,
        credential: { signer },
        json: registration,
        invitation: true,
      })
      if (!answer.ok) return answer
      const { status } = answer.value
      if (status >= 200 && status < 300) return ok('registered')
      const said = parsed(answer.value, RelayErrorSchema)
      const why = said.ok ? REFUSALS[said.value.code] : undefined
      return why ? ok(why) : err(statusError(status))
    },
    removeDevice: (origin, signer, device, approval) =>
      done({
        method: 'PUT',
        origin,
        path: RELAY_PATHS.removal.replace(':device', String(device)),
        credential: { signer },
        json: { approval: toBase64Url(approval) },
      }),
    putList: (origin, signer, id, record) =>
      done({ method: 'PUT', origin, path: locator(id), credential: { signer }, binary: record }),
    getList: (origin, id) =>
      binary({ method: 'GET', origin, path: locator(id), credential: null, most: LIMITS.listRecordBytes }),
    putEndpoint: (origin, signer, sealed) =>
      done({ method: 'PUT', origin, path: RELAY_PATHS.endpoint, credential: { signer }, binary: sealed }),
    removeEndpoint: (origin, signer) =>
      done({ method: 'DELETE', origin, path: RELAY_PATHS.endpoint, credential: { signer } }),
    getEndpoints: async (origin, id, key) => {
      const call: Call = {
        method: 'GET',
        origin,
        path: account(RELAY_PATHS.endpoints, id),
        credential: { key },
        most: 2 * SMALL,
      }
      const reply = await json(call, EndpointsSchema)
      if (!reply.ok) return reply
      return ok(
        reply.value.devices.flatMap((entry) => {
          const device = parseDeviceId(entry.deviceId)
          const sealed = fromBase64Url(entry.sealed)
          return device && sealed ? [{ device, sealed }] : []
        })
      )
    },
    putPreKeys: (origin, signer, upload) =>
      json(
        { method: 'PUT', origin, path: RELAY_PATHS.prekeys, credential: { signer }, json: upload },
        PreKeyCountsSchema
      ),
    preKeyCounts: (origin, signer) =>
      json({ method: 'GET', origin, path: RELAY_PATHS.prekeys, credential: { signer } }, PreKeyCountsSchema),
    claimPreKeys: (origin, id, key) =>
      json(
        { method: 'POST', origin, path: account(RELAY_PATHS.claim, id), credential: { key }, most: BUNDLES },
        BundlesSchema
      ),
    putKeys: (origin, signer, keys) =>
      done({ method: 'PUT', origin, path: RELAY_PATHS.keys, credential: { signer }, json: keys }),
    deposit: async (origin, id, key, deposit) => {
      const call: Call = {
        method: 'POST',
        origin,
        path: account(RELAY_PATHS.deposit, id),
        credential: { key },
        binary: deposit,
        most: 2 * SMALL,
      }
      const answer = await request(call)
      if (!answer.ok) return answer
      if (answer.value.status === 200) return parsed(answer.value, DepositedSchema)
      if (answer.value.status !== 409) return err(statusError(answer.value.status))
      const stale = parsed(answer.value, StaleListSchema)
      const record = stale.ok ? fromBase64Url(stale.value.record) : undefined
      return record ? ok({ stale: record }) : refused('refused')
    },
    fetchMailbox: (origin, signer) =>
      binary({ method: 'GET', origin, path: RELAY_PATHS.mailbox, credential: { signer }, most: PAGE }),
    acknowledge: (origin, signer, ids) =>
      done({ method: 'POST', origin, path: RELAY_PATHS.ack, credential: { signer }, json: { ids } }),
    putPush: async (origin, signer, registration) => {
      const answer = await request({
        method: 'PUT',
        origin,
        path: RELAY_PATHS.push,
        credential: { signer },
        json: registration,
      })
      if (!answer.ok) return answer
      const { status } = answer.value
      if (status === 409) return ok('ended')
      return status === 204 ? ok('stored') : err(statusError(status))
    },
    removePush: (origin, signer) =>
      done({ method: 'DELETE', origin, path: RELAY_PATHS.push, credential: { signer } }),
    keepPushOf: (origin, signer, devices) =>
      done({
        method: 'PUT',
        origin,
        path: RELAY_PATHS.pushDevices,
        credential: { signer },
        json: { devices },
      }),
  }
}

const parsed = <S extends v.GenericSchema>(
  answer: HttpAnswer,
  schema: S
): Result<v.InferOutput<S>, NetworkError> => {
  try {
    const result = v.safeParse(schema, JSON.parse(fromUtf8(answer.body) ?? ''))
    return result.success ? ok(result.output) : refused('refused')
  } catch {
    return refused('refused')
  }
}
