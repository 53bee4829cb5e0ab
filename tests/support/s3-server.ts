/**
 * Objects over HTTP as S3 keeps them, for the requests that the relay makes. What matters is the signature: it is checked here by code of its
 * own, after Amazon's description of Signature Version 4, with the date, every signed header and the digest of the body.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

export interface S3Server extends AsyncDisposable {
  /** Address of its one bucket. */
  readonly url: string
  readonly key: string
  readonly secret: string
  readonly region: string
  readonly objects: Map<string, Buffer>
  /** While true, every request is answered with 503. */
  broken: boolean
  /** While true, the key may not list the bucket: what is not there is answered with 403. */
  hidesMissing: boolean
  /** While true, connections break in the middle of an object. */
  cutsShort: boolean
  /** Objects that were read. */
  reads: number
}

export interface SignedParts {
  readonly method: string
  /** Percent-encoded as sent. */
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

const FORM =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/
/** Amazon allows a quarter of an hour. */
const MOST_SKEW = 15 * 60 * 1000

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
const sha256Hex = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex')

/** Whether a request was signed with this key, for S3, at about `now`. */
export const isSigned = (
  { method, path, headers }: SignedParts,
  keys: { readonly key: string; readonly secret: string },
  now: number
): boolean => {
  const [, key, day = '', region = '', names = '', signature = ''] =
    FORM.exec(String(headers['authorization'])) ?? []
  const date = String(headers['x-amz-date'])
  const [, ...time] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? []
  const [year = 0, month = 0, dayOf = 0, hour = 0, minute = 0, second = 0] = time.map(Number)
  const at = Date.UTC(year, month - 1, dayOf, hour, minute, second)
  if (key !== keys.key || !date.startsWith(day) || !(Math.abs(now - at) <= MOST_SKEW)) return false
  const signed = names.split(';')
  if (!signed.includes('host') || !signed.includes('x-amz-content-sha256')) return false
  const [plain = '', query = ''] = path.split('?')
  const canonical = [
    method,
    plain,
    query,
    ...signed.map((name) => `${name}:${String(headers[name]).trim()}`),
    '',
    names,
    String(headers['x-amz-content-sha256']),
  ].join('\n')
  const scope = `${day}/${region}/s3/aws4_request`
  const text = ['AWS4-HMAC-SHA256', date, scope, sha256Hex(canonical)].join('\n')
  const signingKey = ['s3', 'aws4_request'].reduce(hmac, hmac(hmac(`AWS4${keys.secret}`, day), region))
  return timingSafeEqual(hmac(signingKey, text), Buffer.from(signature, 'hex'))
}

const DENIED = Buffer.from('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>')

const answer = async (server: S3Server, objects: Map<string, Buffer>, request: IncomingMessage) => {
  const body = await buffer(request)
  if (server.broken) return { status: 503 }
  const { method = '', url: path = '', headers } = request
  const digest = headers['x-amz-content-sha256']
  if (!isSigned({ method, path, headers }, server, Date.now())) return { status: 403 }
  if (digest !== 'UNSIGNED-PAYLOAD' && digest !== sha256Hex(body)) return { status: 400 }
  if (method === 'PUT') {
    objects.set(path, body)
    return { status: 200 }
  }
  const found = objects.get(path)
  if (method === 'DELETE') {
    objects.delete(path)
    return { status: 204 }
  }
  if (!found) return server.hidesMissing ? { status: 403, body: DENIED } : { status: 404 }
  server.reads++
  return { status: 200, body: found }
}

/** Starts it with an empty bucket. */
export const startS3Server = async (): Promise<S3Server> => {
  const objects = new Map<string, Buffer>()
  const http = createServer((request, response) => {
    void answer(server, objects, request).then(({ status, body }) => {
      if (!body) return response.writeHead(status).end()
      response.writeHead(status, { 'content-length': body.length })
      if (!server.cutsShort) return response.end(body)
      return response.write(body.subarray(0, body.length / 2), () => response.destroy())
    })
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const server: S3Server = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/attachments`,
    key: 'a-key',
    secret: 'a/secret+of=the bucket',
    region: 'eu-central-1',
    objects,
    broken: false,
    hidesMissing: false,
    cutsShort: false,
    reads: 0,
    [Symbol.asyncDispose]: async () => {
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
  return server
}
