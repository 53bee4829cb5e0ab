import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { fromHex } from '../../src/lib/bytes.ts'
import type { RelayContext } from '../context.ts'
import { refuse } from '../errors.ts'
import { clientOf } from '../http/reply.ts'
import type { Download, Downloads } from './downloads.ts'
import { readRange } from './range.ts'

/** Strangers' bytes come from the address of the app: whatever they look like, a browser only saves them. */
const HEADERS = {
  'content-type': 'application/octet-stream',
  'content-disposition': 'attachment',
  'content-security-policy': "sandbox; default-src 'none'",
  'accept-ranges': 'bytes',
}

/** Seconds after which a reader who found no place may ask again. */
const RETRY = '5'

/** Passes pieces on as they are taken. */
const paced = async function* (pieces: AsyncIterable<Uint8Array>, { moved }: Download) {
  for await (const piece of pieces) {
    yield piece
    moved()
  }
}

/** Answers a complete blob, or the range of it that was asked for, a piece after another as the reader takes them. */
export const sendBlob = async (
  { store, blobs, metrics, now }: Pick<RelayContext, 'store' | 'blobs' | 'metrics' | 'now'>,
  downloads: Downloads,
  id: string,
  request: FastifyRequest,
  reply: FastifyReply
): Promise<FastifyReply> => {
  const state = await store.blobs.find(fromHex(id) ?? new Uint8Array(), now())
  if (!state?.complete) return refuse('not-found', 'there is nothing whole of this id')
  const { size } = state
  const range = readRange(request.headers.range, size)
  if (range === 'unsatisfiable') {
    const message = 'the range lies beyond the end'
    return reply.code(416).header('content-range', `bytes */${size}`).send({ code: 'malformed', message })
  }
  const { first, last } = range === 'whole' ? { first: 0, last: size - 1 } : range
  const download = downloads(clientOf(request), reply.raw)
  if (!download) {
    void reply.header('retry-after', RETRY)
    return refuse('rate-limited', 'too many downloads are under way; try again in a moment')
  }
  const bytes = await blobs.read(id, { first, last })
  if (!bytes) return refuse('not-found', 'there is nothing whole of this id')
  metrics.blobBytesGiven(last - first + 1)
  if (range !== 'whole') void reply.code(206).header('content-range', `bytes ${first}-${last}/${size}`)
  return reply
    .headers({ ...HEADERS, 'content-length': String(last - first + 1) })
    .send(Readable.from(paced(bytes, download)))
}
