import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { fromBase64Url, fromHex } from '../../src/lib/bytes.ts'
import {
  BlobStartSchema,
  LENGTH_HEADER,
  OFFSET_HEADER,
  UploadTokenSchema,
  type BlobProgress,
  type UploadGrant,
} from '../../src/protocol/blobs.ts'
import { LIMITS } from '../../src/protocol/limits.ts'
import { RELAY_PATHS } from '../../src/protocol/relay-api.ts'
import type { RelayContext } from '../context.ts'
import { refuse } from '../errors.ts'
import { bodyOf, jsonBody } from '../http/body.ts'
import { refuseIfOften, refuseClientIfOften } from '../http/reply.ts'
import { BODY_LIMITS } from '../limits.ts'
import type { BeginOutcome } from './blob-store.ts'
import { createDownloads } from './downloads.ts'
import { sendBlob } from './send-blob.ts'
import { checkToken, shownToken } from './upload-token.ts'

/** Encrypted attachments: a device gets a token, and with it puts bytes here; whoever knows a blob's id may fetch it. */
export const blobRoutes = (app: FastifyInstance, context: RelayContext): void => {
  const { store, blobs, signed, rates, room, config, metrics, now } = context
  const { uploadTokenBytes, uploadTokenLife, reservedBlobLife } = config.limits
  const downloads = createDownloads(config.limits.downloads)

  app.put(RELAY_PATHS.uploadTokens, async (request, reply): Promise<UploadGrant> => {
    const { account } = await signed.check(request)
    const { hash } = jsonBody(request, UploadTokenSchema)
    if (config.blobs.capacity === 0) refuse('not-found', 'this relay takes no attachments')
    // Counted by account, kept without it.
    await refuseIfOften(rates, 'uploadTokens', account, reply)
    const grant = { bytes: uploadTokenBytes, expiresAt: now() + uploadTokenLife }
    await store.blobs.grant(fromBase64Url(hash) ?? new Uint8Array(), grant.bytes, grant.expiresAt)
    return grant
  })

  app.post(RELAY_PATHS.blobs, async (request, reply): Promise<FastifyReply> => {
    const token = shownToken(request)
    const { id, size } = jsonBody(request, BlobStartSchema)
    await refuseClientIfOften(rates, 'beginnings', request, reply)
    room.checkBlobs()
    const time = now()
    const begun = await store.blobs.begin({
      id: fromHex(id) ?? new Uint8Array(),
      size,
      token,
      now: time,
      expiresAt: time + reservedBlobLife,
      keepUntil: time + config.blobs.ttl,
      capacity: config.blobs.capacity,
    })
    const { received } = typeof begun === 'string' ? refuse(...REFUSALS[begun]) : begun
    return reply.code(received === 0 ? 201 : 200).send({ received, size } satisfies BlobProgress)
  })

  app.patch(
    RELAY_PATHS.blob,
    {
      bodyLimit: BODY_LIMITS.blob,
      config: { checksFirst: true },
      // Before the body is read: strangers' megabytes are not taken in.
      onRequest: async (request) => {
        room.checkBlobs()
        await checkToken(request, store.blobs, now())
      },
    },
    async (request, reply): Promise<FastifyReply> => {
      const id = idOf(request)
      const bytes = bodyOf(request)
      const done = await blobs.append(id, offsetOf(request), bytes, now())
      if (!('state' in done)) return refuse(...NOT_TAKEN[done.outcome])
      const { received, size } = done.state
      if (done.outcome === 'elsewhere') {
        const message = 'the upload stands elsewhere'
        return reply.code(409).send({ code: 'conflict', message, received, size })
      }
      metrics.blobBytesTaken(bytes.length)
      return reply.send({ received, size } satisfies BlobProgress)
    }
  )

  app.head(RELAY_PATHS.blob, async (request, reply) => {
    const state = await store.blobs.find(fromHex(idOf(request)) ?? new Uint8Array(), now())
    if (!state) return refuse('not-found', 'there is nothing of this id')
    return reply
      .headers({ [OFFSET_HEADER]: String(state.received), [LENGTH_HEADER]: String(state.size) })
      .send()
  })

  app.get(RELAY_PATHS.blob, (request, reply) => sendBlob(context, downloads, idOf(request), request, reply))
}

const NOT_TAKEN: Readonly<Record<'none' | 'length' | 'wrong' | 'full', Parameters<typeof refuse>>> = {
  none: ['not-found', 'there is no such upload'],
  length: ['malformed', `pieces have ${LIMITS.blobChunk} bytes, the last one the rest`],
  wrong: ['malformed', 'the bytes are not those that the id names'],
  full: ['quota', 'the relay has no room for more attachments'],
}

const REFUSALS: Readonly<Record<Extract<BeginOutcome, string>, Parameters<typeof refuse>>> = {
  'no-token': ['forbidden', 'this upload token is not good'],
  'other-size': ['conflict', 'an upload of this id has another size'],
  quota: ['quota', 'this token is used up'],
  full: ['quota', 'the relay has no room for more attachments'],
  going: ['unavailable', 'what was here is being deleted; try again later'],
}

const idOf = (request: FastifyRequest): string => {
  const { blob = '' } = request.params as { blob?: string }
  return /^[0-9a-f]{64}$/.test(blob) ? blob : refuse('malformed', 'an id has 64 hex digits')
}

const offsetOf = (request: FastifyRequest): number => {
  const header = request.headers[OFFSET_HEADER]
  const offset = typeof header === 'string' && /^\d{1,12}$/.test(header) ? Number(header) : -1
  if (offset < 0 || offset % LIMITS.blobChunk !== 0)
    refuse('malformed', `${OFFSET_HEADER} must be a multiple of ${LIMITS.blobChunk}`)
  return offset
}
