import type { FastifyRequest } from 'fastify'
import { fromBase64Url } from '../../src/lib/bytes.ts'
import { UPLOAD_TOKEN_HEADER } from '../../src/protocol/blobs.ts'
import { sha256 } from '../../src/protocol/sha256.ts'
import { refuse } from '../errors.ts'
import type { BlobStore } from './blob-store.ts'

const TOKEN_BYTES = 32

/** The hash of the token that a request shows; refuses what has not its form. */
export const shownToken = (request: FastifyRequest): Uint8Array => {
  const header = request.headers[UPLOAD_TOKEN_HEADER]
  const token = typeof header === 'string' && header.length <= 64 ? fromBase64Url(header) : undefined
  if (token?.length !== TOKEN_BYTES)
    return refuse('unauthorized', `${UPLOAD_TOKEN_HEADER} must be 32 bytes of base64url`)
  return sha256(token)
}

/** Refuses unless the token is good. */
export const checkToken = async (
  request: FastifyRequest,
  store: Pick<BlobStore, 'hasToken'>,
  now: number
): Promise<void> => {
  if (!(await store.hasToken(shownToken(request), now))) refuse('forbidden', 'this upload token is not good')
}
