import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { randomBytes, randomUUID } from 'node:crypto'
import { own, toBase64Url, toHex, utf8 } from '../../../../src/lib/bytes.ts'
import { SealedListRecordSchema } from '../../../../src/protocol/gen/identity_pb.js'
import {
  DepositSchema,
  MailboxPageSchema,
  type Deposit,
  type MailboxPage,
  type Wake,
} from '../../../../src/protocol/gen/wire_pb.js'
import { signRequest } from '../../../../src/protocol/http-signature.ts'
import { parseAccountId, parseDeviceId, type AccountId, type DeviceId } from '../../../../src/protocol/ids.ts'
import { listRecordSigningInput } from '../../../../src/protocol/list-record.ts'
import { KEY_HEADER, type AccessKeys, type PreKeyUpload } from '../../../../src/protocol/relay-api.ts'
import { sha256 } from '../../../../src/protocol/sha256.ts'

export interface KeyPair {
  readonly publicKey: Uint8Array
  sign(data: Uint8Array): Promise<Uint8Array>
}

export const newKeyPair = async (): Promise<KeyPair> => {
  const pair = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])
  return {
    publicKey: new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)),
    sign: async (data) => new Uint8Array(await crypto.subtle.sign('Ed25519', pair.privateKey, own(data))),
  }
}

/** One request as it will be sent; tests spoil parts of it. */
export interface Wire {
  method: string
  url: string
  headers: Record<string, string>
  body: Uint8Array | undefined
}

export const fetchWire = ({ method, url, headers, body }: Wire): Promise<Response> =>
  fetch(url, { method, headers, ...(body && { body: own(body) }) })

/** A device of an account, with its keys, as a relay's client. */
export interface Device {
  readonly account: AccountId
  readonly device: DeviceId
  readonly requestKey: KeyPair
  readonly publishKey: KeyPair
  readonly deliveryKey: Uint8Array
  readonly requestAccessKey: Uint8Array
  readonly locator: string
  /** A signed request, not sent. */
  signed(method: string, path: string, body?: Uint8Array | object, created?: number): Promise<Wire>
  send(method: string, path: string, body?: Uint8Array | object): Promise<Response>
  /** `headers`: what a browser adds to the request. */
  register(headers?: Record<string, string>): Promise<Response>
  putKeys(): Promise<Response>
  record(revision: number, text?: string): Promise<Uint8Array>
  fetchMailbox(): Promise<MailboxPage>
  ready(): Promise<void>
}

const bytesOf = (body: Uint8Array | object | undefined): Uint8Array | undefined =>
  body === undefined || body instanceof Uint8Array ? body : utf8(JSON.stringify(body))

/** A new account with one device, not yet registered anywhere. */
export const newDevice = async (
  url: string,
  number = 1,
  now: () => number = Date.now,
  account = parseAccountId(randomUUID())
): Promise<Device> => {
  const requestKey = await newKeyPair()
  const publishKey = await newKeyPair()
  const device = parseDeviceId(number)
  if (!account || !device) throw new Error('no account')
  const deliveryKey = randomBytes(32)
  const requestAccessKey = randomBytes(32)
  const locator = toHex(randomBytes(32))

  const signed: Device['signed'] = async (method, path, body, created = now()) => {
    const bytes = bytesOf(body)
    const parts = { method, url: url + path, body: bytes ?? new Uint8Array() }
    const nonce = toBase64Url(randomBytes(16))
    const headers = await signRequest(parts, { account, device, sign: requestKey.sign }, { created, nonce })
    return { method, url: url + path, headers: { ...headers }, body: bytes }
  }
  const send: Device['send'] = async (method, path, body) => fetchWire(await signed(method, path, body))
  const self: Device = {
    account,
    device,
    requestKey,
    publishKey,
    deliveryKey,
    requestAccessKey,
    locator,
    signed,
    send,
    register: async (headers = {}) => {
      const wire = await signed('POST', '/v1/devices', {
        accountId: account,
        deviceId: device,
        requestKey: toBase64Url(requestKey.publicKey),
        publishKey: toBase64Url(publishKey.publicKey),
      })
      return fetchWire({ ...wire, headers: { ...wire.headers, ...headers } })
    },
    putKeys: () =>
      send('PUT', '/v1/keys', {
        keys: [
          { hash: toBase64Url(sha256(deliveryKey)), kind: 'delivery', expiresAt: null },
          { hash: toBase64Url(sha256(requestAccessKey)), kind: 'request', expiresAt: null },
        ],
      } satisfies AccessKeys),
    record: (revision, text = `list ${revision}`) => sealedRecord(publishKey, locator, revision, utf8(text)),
    fetchMailbox: async () => {
      const response = await send('GET', '/v1/mailbox')
      if (response.status !== 200) throw new Error(`mailbox: ${response.status}`)
      return fromBinary(MailboxPageSchema, new Uint8Array(await response.arrayBuffer()))
    },
    ready: async () => {
      const statuses = [(await self.register()).status, (await self.putKeys()).status]
      if (statuses.join() !== '201,204') throw new Error(`not ready: ${statuses.join()}`)
    },
  }
  return self
}

/** A list record signed by `key` for a locator. */
export const sealedRecord = async (
  key: KeyPair,
  locator: string,
  revision: number,
  ciphertext: Uint8Array
): Promise<Uint8Array> => {
  const parts = { revision: BigInt(revision), nonce: randomBytes(24), ciphertext }
  const signature = await key.sign(listRecordSigningInput(Buffer.from(locator, 'hex'), parts))
  return toBinary(
    SealedListRecordSchema,
    create(SealedListRecordSchema, { version: 1, publishKey: key.publicKey, signature, ...parts })
  )
}

export interface Entry {
  readonly device?: number
  readonly id?: Uint8Array
  readonly body?: Uint8Array
  readonly wake?: Wake
  readonly preview?: Uint8Array
}

export const depositBody = (
  entries: readonly Entry[],
  more: { listRevision?: number; ttlSeconds?: number } = {}
): Uint8Array => {
  const deposit: Deposit = create(DepositSchema, {
    entries: entries.map(({ device = 1, id = randomBytes(16), body = utf8('sealed'), ...more }) => ({
      deviceId: device,
      envelope: { id, body },
      ...more,
    })),
    listRevision: BigInt(more.listRevision ?? 0),
    ttlSeconds: more.ttlSeconds ?? 0,
  })
  return toBinary(DepositSchema, deposit)
}

/** Deposits for an account; nothing of the sender goes with it. */
export const deposit = (url: string, account: string, key: Uint8Array, body: Uint8Array): Promise<Response> =>
  fetchWire({
    method: 'POST',
    url: `${url}/v1/mailboxes/${account}`,
    headers: { [KEY_HEADER]: toBase64Url(key), 'content-type': 'application/x-protobuf' },
    body,
  })

/** Prekeys of the right form; what they say is nobody's business but the clients'. */
export const preKeyUpload = (first: number, count: number, identityKey = randomBytes(33)): PreKeyUpload => {
  const key = (id: number, size: number) => ({
    id,
    publicKey: toBase64Url(randomBytes(size)),
    signature: toBase64Url(randomBytes(64)),
  })
  const ids = Array.from({ length: count }, (_, index) => first + index)
  return {
    identityKey: toBase64Url(identityKey),
    registrationId: 77,
    signedPreKey: key(1, 33),
    lastResortKyber: key(2, 1569),
    preKeys: ids.map((id) => ({ id, publicKey: toBase64Url(randomBytes(33)) })),
    kyberPreKeys: ids.map((id) => key(id, 1569)),
  }
}

/** The code of a refusal. */
export const codeOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { code: string }).code
