/** Encrypted attachments, in the data folder and at S3. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RELAY_LIMITS } from '../../../relay-server/limits.ts'
import { toBase64Url, toHex } from '../../../src/lib/bytes.ts'
import { accountIdBytes } from '../../../src/protocol/ids.ts'
import { LENGTH_HEADER, OFFSET_HEADER, UPLOAD_TOKEN_HEADER } from '../../../src/protocol/blobs.ts'
import { dumpRelay } from '../../support/relay-store.ts'
import { startS3Server, type S3Server } from '../../support/s3-server.ts'
import { until } from '../../support/until.ts'
import { codeOf, newDevice, type Device } from './kit/device.ts'
import { startTestRelay, type TestRelay } from './kit/relay.ts'
import { bytesOf, fetchBlob, newBlob, newUploader, PIECE, uploaderWith } from './kit/uploader.ts'

const DAY = 24 * 60 * 60 * 1000
const TTL = 30 * DAY
/** Two whole pieces and a half. */
const SIZE = 2 * PIECE + PIECE / 2

let s3: S3Server
beforeAll(async () => void (s3 = await startS3Server()))
afterAll(() => s3[Symbol.asyncDispose]())

const startRelay = async (where: string, capacity = 1_000_000_000, downloads = RELAY_LIMITS.downloads) => {
  const lines: string[] = []
  const relay = await startTestRelay({
    config: {
      blobs: { capacity, ttl: TTL, s3: where === 'S3' ? s3 : null },
      logLevel: 'trace',
    },
    limits: { sweepEvery: 50, downloads },
    options: { log: pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) }) },
  })
  return { relay, lines }
}

describe.each(['disk', 'S3'])('attachments on %s', (where) => {
  let relay: TestRelay
  let ana: Device
  let lines: readonly string[]
  beforeAll(async () => {
    ;({ relay, lines } = await startRelay(where))
    ana = await newDevice(relay.url, 1, relay.clock.now)
    await ana.ready()
  })
  afterAll(() => relay[Symbol.asyncDispose]())

  const stored = async (id: string): Promise<number> => {
    if (where === 'S3') return [...s3.objects.keys()].filter((name) => name.includes(id)).length
    return (await readdir(join(relay.dataDir, 'blobs', id.slice(0, 2), id)).catch(() => [])).length
  }

  test('an upload goes on where it broke off, and comes back whole and in ranges', async () => {
    const uploader = await newUploader(relay.url, ana)
    const blob = newBlob(SIZE)
    const { id, bytes } = blob
    expect((await uploader.begin(blob)).status).toBe(201)
    expect((await uploader.piece(id, 0, bytes.subarray(0, PIECE))).status).toBe(200)
    // The connection broke: what came is there, also after a restart; nobody can fetch a part.
    await relay.restart()
    const head = await fetch(`${relay.url}/v1/blobs/${id}`, { method: 'HEAD' })
    expect([head.headers.get(OFFSET_HEADER), head.headers.get(LENGTH_HEADER)]).toEqual([
      String(PIECE),
      String(SIZE),
    ])
    expect((await fetchBlob(relay.url, id)).status).toBe(404)
    expect(await (await uploader.begin(blob)).json()).toEqual({ received: PIECE, size: SIZE })
    const again = await uploader.piece(id, 0, bytes.subarray(0, PIECE))
    expect([again.status, await again.json()]).toMatchObject([409, { code: 'conflict', received: PIECE }])
    expect((await uploader.piece(id, PIECE, bytes.subarray(PIECE, PIECE + 5))).status).toBe(400)
    for (const offset of [PIECE, 2 * PIECE]) {
      const response = await uploader.piece(id, offset, bytes.subarray(offset, offset + PIECE))
      expect(await response.json()).toEqual({ received: Math.min(SIZE, offset + PIECE), size: SIZE })
    }

    const whole = await fetchBlob(relay.url, id)
    expect([whole.status, whole.headers.get('content-length')]).toEqual([200, String(SIZE)])
    expect(whole.headers.get('content-security-policy')).toContain('sandbox')
    expect(Buffer.compare(await bytesOf(whole), bytes)).toBe(0)
    const ranges: [string, number, number][] = [
      ['bytes=0-9', 0, 9],
      [`bytes=${PIECE - 3}-${2 * PIECE + 2}`, PIECE - 3, 2 * PIECE + 2],
      [`bytes=${SIZE - 5}-`, SIZE - 5, SIZE - 1],
      ['bytes=-7', SIZE - 7, SIZE - 1],
      [`bytes=5-${SIZE * 2}`, 5, SIZE - 1],
    ]
    for (const [range, first, last] of ranges) {
      const part = await fetchBlob(relay.url, id, range)
      expect([part.status, part.headers.get('content-range')]).toEqual([
        206,
        `bytes ${first}-${last}/${SIZE}`,
      ])
      expect(Buffer.compare(await bytesOf(part), bytes.subarray(first, last + 1))).toBe(0)
    }
    expect((await fetchBlob(relay.url, id, `bytes=${SIZE}-`)).status).toBe(416)
    expect((await fetchBlob(relay.url, id, 'lines=1-2')).status).toBe(200)
    // Beginning it once more, as after a lost answer, costs nothing and says that it is there.
    expect(await (await uploader.begin(blob)).json()).toEqual({ received: SIZE, size: SIZE })
  })

  test('bytes that are not those of the id are refused and deleted', async () => {
    const uploader = await newUploader(relay.url, ana)
    const blob = newBlob(4_096)
    await uploader.begin(blob)
    const spoiled = blob.bytes.with(7, (blob.bytes[7] ?? 0) ^ 1)
    const refused = await uploader.piece(blob.id, 0, spoiled)
    expect([refused.status, await codeOf(refused)]).toEqual([400, 'malformed'])
    expect(await stored(blob.id)).toBe(0)
    await uploader.upload(blob)
    expect(Buffer.compare(await bytesOf(await fetchBlob(relay.url, blob.id)), blob.bytes)).toBe(0)
  })

  test('what has ended is deleted: unfinished uploads early, attachments after their time', async () => {
    const uploader = await newUploader(relay.url, ana)
    const [whole, half, empty] = [newBlob(4_096), newBlob(SIZE), newBlob(SIZE)]
    await uploader.upload(whole)
    for (const one of [half, empty]) await uploader.begin(one)
    await uploader.piece(half.id, 0, half.bytes.subarray(0, PIECE))
    const head = async ({ id }: { id: string }) =>
      (await fetch(`${relay.url}/v1/blobs/${id}`, { method: 'HEAD' })).status
    // Room that nothing was put into is not kept for long, however often it is asked for.
    relay.clock.advance(RELAY_LIMITS.reservedBlobLife / 2)
    expect((await uploader.begin(empty)).status).toBe(201)
    relay.clock.advance(RELAY_LIMITS.reservedBlobLife / 2)
    expect([await head(empty), await head(half)]).toEqual([404, 200])
    relay.clock.advance(RELAY_LIMITS.unfinishedBlobLife)
    await until('the unfinished one is gone', async () => (await stored(half.id)) === 0)
    expect((await fetchBlob(relay.url, whole.id)).status).toBe(200)
    relay.clock.advance(TTL)
    await until('the whole one is gone', async () => (await stored(whole.id)) === 0)
    expect((await fetchBlob(relay.url, whole.id)).status).toBe(404)
  })

  test('logs, metrics and the database hold nothing of whose it is', async () => {
    const uploader = await newUploader(relay.url, ana)
    const blob = newBlob(4_096)
    await uploader.upload(blob)
    await fetchBlob(relay.url, blob.id)
    const metrics = await until('those of before are gone', async () => {
      const text = await (await fetch(`${relay.url}/metrics`)).text()
      return /^mepassa_blobs 1$/m.test(text) ? text : undefined
    })
    expect(metrics).toMatch(/^mepassa_blob_bytes_received_total [1-9]/m)
    for (const text of [metrics, lines.join('')])
      for (const secret of [blob.id, ana.account]) expect(text).not.toContain(secret)
    // Neither leads from an attachment to a token, nor from a token to an account.
    const { blobs = [], upload_tokens: tokens = [], ...others } = dumpRelay(relay.dataDir)
    expect(Object.keys(blobs[0] ?? {}).sort()).toEqual(['complete', 'expires_at', 'id', 'received', 'size'])
    expect(Object.keys(tokens[0] ?? {}).sort()).toEqual(['bytes_left', 'expires_at', 'hash'])
    const values = Object.values(others)
      .flat()
      .flatMap((row) => Object.values(row))
    const bytes = values.filter((value) => value instanceof Uint8Array).map(toHex)
    expect(bytes).toContain(toHex(accountIdBytes(ana.account)))
    expect(bytes).not.toContain(blob.id)
  })
})

test('storage that cannot be used: a clear 503, and the upload goes on when it can', async () => {
  const { relay } = await startRelay('S3')
  await using _ = relay
  const ana = await newDevice(relay.url)
  await ana.ready()
  const uploader = await newUploader(relay.url, ana)
  const blob = newBlob(4_096)
  await uploader.begin(blob)
  s3.broken = true
  const response = await uploader.piece(blob.id, 0, blob.bytes)
  expect([response.status, await codeOf(response)]).toEqual([503, 'unavailable'])
  s3.broken = false
  expect((await uploader.piece(blob.id, 0, blob.bytes)).status).toBe(200)
  expect((await fetchBlob(relay.url, blob.id)).status).toBe(200)
})

test('S3 whose key may not list the bucket: what is gone is not there, and an answer that breaks off is not the end', async () => {
  const { relay } = await startRelay('S3')
  await using _ = relay
  const ana = await newDevice(relay.url)
  await ana.ready()
  const blob = newBlob(4_096)
  await (await newUploader(relay.url, ana)).upload(blob)
  s3.cutsShort = true
  const cut = await fetchBlob(relay.url, blob.id)
  expect([cut.status, await codeOf(cut)]).toEqual([503, 'unavailable'])
  s3.cutsShort = false
  expect(Buffer.compare(await bytesOf(await fetchBlob(relay.url, blob.id)), blob.bytes)).toBe(0)
  s3.objects.delete(`/attachments/blobs/${blob.id}/0`)
  s3.hidesMissing = true
  expect((await fetchBlob(relay.url, blob.id)).status).toBe(404)
  s3.hidesMissing = false
})

test('who takes nothing of a download holds little, not for long, and leaves room for others', async () => {
  const { relay } = await startRelay('S3', 1_000_000_000, { most: 3, perNetwork: 2, pieceTime: 5_000 })
  await using _ = relay
  const ana = await newDevice(relay.url)
  await ana.ready()
  const blob = newBlob(16 * PIECE)
  await (await newUploader(relay.url, ana)).upload(blob)
  s3.reads = 0
  const { hostname, port } = new URL(relay.url)
  const stalled = await Promise.all(
    [1, 2].map(async () => {
      const socket = connect(Number(port), hostname)
      socket.on('error', () => undefined)
      socket.write(`GET /v1/blobs/${blob.id} HTTP/1.1\r\nhost: ${hostname}:${port}\r\n\r\n`)
      await once(socket, 'readable')
      return socket
    })
  )
  const refused = await fetchBlob(relay.url, blob.id)
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5'])
  const reads = await until('their places are free, and one comes whole', async () => {
    const before = s3.reads
    const response = await fetchBlob(relay.url, blob.id)
    const isWhole = response.status === 200 && Buffer.compare(await bytesOf(response), blob.bytes) === 0
    return isWhole ? before : undefined
  })
  expect(reads, 'what nobody takes is not read').toBeLessThan(2 * 16)
  for (const socket of stalled) socket.destroy()
})

test('a disk that cannot be written answers the same', async () => {
  const { relay } = await startRelay('disk')
  await using _ = relay
  const ana = await newDevice(relay.url)
  await ana.ready()
  const uploader = await newUploader(relay.url, ana)
  const blob = newBlob(4_096)
  await uploader.begin(blob)
  const inTheWay = join(relay.dataDir, 'blobs')
  await writeFile(inTheWay, '')
  expect((await uploader.piece(blob.id, 0, blob.bytes)).status).toBe(503)
  await rm(inTheWay)
  expect((await uploader.piece(blob.id, 0, blob.bytes)).status).toBe(200)
})

test('who may upload, how much, and in which sizes', async () => {
  const { relay } = await startRelay('disk', 12_288)
  await using _ = relay
  const ana = await newDevice(relay.url)
  await ana.ready()
  const blob = newBlob(4_096)
  const stranger = uploaderWith(relay.url, randomBytes(32))
  expect((await stranger.begin(blob)).status).toBe(403)
  expect((await stranger.piece(blob.id, 0, blob.bytes)).status).toBe(403)
  const nameless = await fetch(`${relay.url}/v1/blobs`, { method: 'POST', body: '{}' })
  expect(nameless.status).toBe(401)

  const uploader = await newUploader(relay.url, ana)
  for (const size of [4_095, 4_097, 4_000, 0, 120_000_000])
    expect((await uploader.begin({ id: blob.id, bytes: { length: size } as Uint8Array })).status).toBe(400)
  expect((await uploader.begin(blob)).status).toBe(201)
  const other = await uploader.begin({ id: blob.id, bytes: new Uint8Array(8_192) })
  expect([other.status, await codeOf(other)]).toEqual([409, 'conflict'])
  // The relay's room, then the account's tokens.
  expect((await uploader.begin(newBlob(8_192))).status).toBe(201)
  const full = await uploader.begin(newBlob(4_096))
  expect([full.status, await codeOf(full)]).toEqual([429, 'quota'])
  const tokens = Array.from({ length: RELAY_LIMITS.rates.uploadTokens.points }, () =>
    ana.send('PUT', '/v1/upload-tokens', { hash: toBase64Url(randomBytes(32)) })
  )
  const statuses = (await Promise.all(tokens)).map(({ status }) => status).sort()
  expect(statuses).toEqual([200, 200, 200, 429])
})

test('a page of another origin may upload and fetch', async () => {
  await using relay = await startTestRelay()
  const preflight = await fetch(`${relay.url}/v1/blobs/${toHex(randomBytes(32))}`, {
    method: 'OPTIONS',
    headers: { origin: 'https://elsewhere.example', 'access-control-request-method': 'PATCH' },
  })
  expect(preflight.headers.get('access-control-allow-methods')).toContain('PATCH')
  const allowed = preflight.headers.get('access-control-allow-headers') ?? ''
  for (const header of ['range', OFFSET_HEADER, UPLOAD_TOKEN_HEADER]) expect(allowed).toContain(header)
  expect(preflight.headers.get('access-control-expose-headers')).toContain(OFFSET_HEADER)
})
