/**
 * A push service on this machine, as real ones answer (RFC 8030, RFC 8292; statuses as those of Mozilla's autopush): checks the VAPID token,
 * keeps what was pushed, and decrypts it as a browser would.
 */
import { createDecipheriv, createECDH, createHmac, createPublicKey, randomBytes, verify } from 'node:crypto'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { fromBase64Url, toBase64Url } from '../../src/lib/bytes.ts'
import type { PushRegistration } from '../../src/protocol/relay-api.ts'
import { selfSigned } from './self-signed.ts'

/** One push as it came. */
export interface Pushed {
  readonly token: string
  readonly ttl: number
  readonly urgency: string
  readonly topic: string | undefined
  readonly body: Buffer
  /** The VAPID claims: whom it is for, who sends it. */
  readonly audience: string
  readonly subject: string
}

export interface PushServer extends AsyncDisposable {
  readonly origin: string
  readonly port: number
  /** Certificate authority to trust, PEM. */
  readonly ca: string
  readonly pushes: readonly Pushed[]
  /** What the next requests are answered with, instead of by their merits. */
  answer(...next: readonly { readonly status: number; readonly headers?: Record<string, string> }[]): void
  /** Takes a subscription back, as a browser's `unsubscribe` does. */
  revoke(token: string): void
}

/** Maximum body of a push, as autopush has it. */
const MOST = 4_096

/** Starts it; `onPush` hears of each push that was taken. It goes by the name of `host`, which need not lead here. */
export const startPushServer = async (
  onPush: (push: Pushed) => void = () => {},
  host = 'localhost'
): Promise<PushServer> => {
  const { key, cert } = await selfSigned(host)
  const pushes: Pushed[] = []
  const revoked = new Set<string>()
  const answers: { readonly status: number; readonly headers?: Record<string, string> }[] = []
  let origin = ''
  const server: Server = createServer({ key, cert }, (request, response) => {
    const chunks: Buffer[] = []
    const reply = (status: number, headers?: Record<string, string>): void =>
      void response.writeHead(status, headers).end()
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const next = answers.shift()
      if (next) return reply(next.status, next.headers)
      const token = request.url
        ?.match(/^(?:\/wpush\/v2\/([\w-]+)|\/([\w-]+)\?up=1)$/)
        ?.slice(1)
        .find(Boolean)
      if (request.method !== 'POST' || token === undefined) return reply(404)
      if (revoked.has(token)) return reply(410)
      const vapid = readVapid(request.headers.authorization ?? '')
      if (vapid?.audience !== origin || !token.startsWith(vapid.key)) return reply(401)
      const body = Buffer.concat(chunks)
      if (body.length > MOST) return reply(413)
      const { ttl, urgency, topic, 'content-encoding': encoding } = request.headers
      if (ttl === undefined || encoding !== 'aes128gcm') return reply(400)
      const push = {
        token,
        ttl: Number(ttl),
        urgency: String(urgency),
        topic: topic === undefined ? undefined : String(topic),
        body,
        audience: vapid.audience,
        subject: vapid.subject,
      }
      pushes.push(push)
      onPush(push)
      return reply(201, { location: `${origin}/m/${pushes.length}`, ttl: String(ttl) })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  origin = `https://${host}:${port}`
  return {
    origin,
    port,
    ca: cert,
    pushes,
    answer: (...next) => void answers.push(...next),
    revoke: (token) => void revoked.add(token),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The claims of a VAPID header whose signature is good; undefined for any other. */
const readVapid = (header: string) => {
  const [, jwt = '', key = ''] = header.match(/^vapid t=([\w.-]+), ?k=([\w-]+)$/) ?? []
  const [head = '', claims = '', signature = ''] = jwt.split('.')
  const point = fromBase64Url(key)
  if (point?.length !== 65) return undefined
  const [x, y] = [toBase64Url(point.subarray(1, 33)), toBase64Url(point.subarray(33))]
  const publicKey = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' })
  const signed = Buffer.from(`${head}.${claims}`)
  const good = verify(
    'sha256',
    signed,
    { key: publicKey, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url')
  )
  const { aud, sub, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>
  if (!good || typeof exp !== 'number' || exp * 1000 < Date.now()) return undefined
  return { audience: String(aud), subject: String(sub), key: tokenPrefix(key) }
}

/** Endpoints belong to one VAPID key: here their name begins with it. */
export const tokenPrefix = (key: string): string => key.slice(-12)

/** A browser's subscription: what it registers with, and how it reads a push. */
export interface TestSubscription {
  readonly token: string
  readonly registration: PushRegistration
  open(push: Pushed): string
}

const newVapid = (): PushRegistration['vapid'] => {
  const pair = createECDH('prime256v1')
  pair.generateKeys()
  // A private key with leading zeros is shorter: the API wants all 32 bytes.
  const privateKey = Buffer.concat([Buffer.alloc(32), pair.getPrivateKey()]).subarray(-32)
  return { publicKey: toBase64Url(pair.getPublicKey()), privateKey: toBase64Url(privateKey) }
}

const PLACES = {
  mozilla: (token: string) => `/wpush/v2/${token}`,
  /** As ntfy's, a UnifiedPush server, are. */
  unifiedPush: (token: string) => `/${token}?up=1`,
} as const

/** Subscribes at a test push service, with a new VAPID pair unless one is given. */
export const subscribe = (
  server: Pick<PushServer, 'origin'>,
  vapid: PushRegistration['vapid'] = newVapid(),
  place: keyof typeof PLACES = 'mozilla'
): TestSubscription => {
  const browser = createECDH('prime256v1')
  browser.generateKeys()
  const auth = randomBytes(16)
  const token = tokenPrefix(vapid.publicKey) + toBase64Url(randomBytes(12))
  return {
    token,
    registration: {
      subscription: {
        endpoint: server.origin + PLACES[place](token),
        p256dh: toBase64Url(browser.getPublicKey()),
        auth: toBase64Url(auth),
      },
      vapid,
      token: toBase64Url(randomBytes(32)),
    },
    open: ({ body }) => openPush(body, browser, auth),
  }
}

/** RFC 8188 and RFC 8291, by hand: what the relay encrypts has to be readable by others than the library that it encrypts with. */
const openPush = (body: Buffer, browser: ReturnType<typeof createECDH>, auth: Buffer): string => {
  const salt = body.subarray(0, 16)
  const keyLength = body.readUInt8(20)
  const sender = body.subarray(21, 21 + keyLength)
  const expand = (key: Buffer, input: Buffer, info: Buffer, length: number): Buffer => {
    const prk = createHmac('sha256', key).update(input).digest()
    return createHmac('sha256', prk)
      .update(Buffer.concat([info, Buffer.of(1)]))
      .digest()
      .subarray(0, length)
  }
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), browser.getPublicKey(), sender])
  const secret = expand(auth, browser.computeSecret(sender), info, 32)
  const key = expand(salt, secret, Buffer.from('Content-Encoding: aes128gcm\0'), 16)
  const nonce = expand(salt, secret, Buffer.from('Content-Encoding: nonce\0'), 12)
  const sealed = body.subarray(21 + keyLength)
  const cipher = createDecipheriv('aes-128-gcm', key, nonce)
  cipher.setAuthTag(sealed.subarray(-16))
  const plain = Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()])
  // The last record ends with 2.
  return plain.subarray(0, plain.lastIndexOf(2)).toString()
}
