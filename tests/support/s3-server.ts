/**
 * Objects over HTTP as S3 keeps them, for the requests that the relay makes. What matters is the signature (Signature Version 4): Amazon's own
 * signer, which the relay does not use, must come to the same for the date, every signed header and the digest of the body.
 */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { Sha256 } from '@aws-crypto/sha256-js'
import { SignatureV4 } from '@smithy/signature-v4'

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

const CREDENTIAL =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([a-z0-9;-]+),/
/** Amazon allows a quarter of an hour. */
const MOST_SKEW = 15 * 60 * 1000

const sha256Hex = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
/** ms since 1970 of `20130524T000000Z`; NaN for what is no time. */
const timeOf = (date: string): number =>
  Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))

/** Whether a request was signed with this key, for S3, at about `now`. */
export const isSigned = async (
  { method, path, headers }: SignedParts,
  keys: { readonly key: string; readonly secret: string },
  now: number
): Promise<boolean> => {
  const authorization = String(headers['authorization'])
  const [, key = '', region = '', names = ''] = CREDENTIAL.exec(authorization) ?? []
  const at = timeOf(String(headers['x-amz-date']))
  if (key !== keys.key || !(Math.abs(now - at) <= MOST_SKEW)) return false
  const signed = names.split(';')
  if (!signed.includes('host') || !signed.includes('x-amz-content-sha256')) return false
  const { hostname, pathname, searchParams } = new URL(path, `http://${String(headers['host'])}`)
  const signer = new SignatureV4({
    service: 's3',
    region,
    sha256: Sha256,
    credentials: { accessKeyId: keys.key, secretAccessKey: keys.secret },
    // S3 takes a path as it was sent.
    uriEscapePath: false,
  })
  const again = await signer.sign(
    {
      method,
      protocol: 'http:',
      hostname,
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers: Object.fromEntries(signed.map((name) => [name, String(headers[name])])),
    },
    { signingDate: new Date(at) }
  )
  return again.headers['authorization'] === authorization.replaceAll(/,(?! )/g, ', ')
}

const DENIED = Buffer.from('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>')

const answer = async (server: S3Server, objects: Map<string, Buffer>, request: IncomingMessage) => {
  const body = await buffer(request)
  if (server.broken) return { status: 503 }
  const { method = '', url: path = '', headers } = request
  const digest = headers['x-amz-content-sha256']
  if (!(await isSigned({ method, path, headers }, server, Date.now()))) return { status: 403 }
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
