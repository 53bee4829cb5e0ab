import { LIMITS } from '../../src/protocol/limits.ts'
import { StoreUnavailable } from '../db/unavailable.ts'
import type { BlobFiles } from './blob-files.ts'

/** Milliseconds for one piece. */
const PATIENCE = 20_000

/** Sends a signed request to S3. */
export type SignedFetch = (url: string, init: RequestInit) => Promise<Response>

/**
 * Pieces as objects of a bucket: `<bucket>/blobs/<id>/<number>`. Plain PUT, GET and DELETE alone, which every S3-compatible server has.
 * @param bucket its address, without a slash at the end
 */
export const createS3Files = (bucket: string, send: SignedFetch): BlobFiles => {
  const ask = async (method: string, id: string, piece: number, body?: Uint8Array): Promise<Response> => {
    try {
      return await send(`${bucket}/blobs/${id}/${piece}`, {
        method,
        signal: AbortSignal.timeout(PATIENCE),
        ...(body && { body: new Uint8Array(body) }),
      })
    } catch (error) {
      throw new StoreUnavailable(error)
    }
  }
  const failed = (method: string, response: Response): StoreUnavailable =>
    new StoreUnavailable(new Error(`S3 answered ${response.status} to ${method}`))
  return {
    put: async (id, piece, bytes) => {
      const response = await ask('PUT', id, piece, bytes)
      await response.body?.cancel()
      if (!response.ok) throw failed('PUT', response)
    },
    get: async (id, piece) => {
      const response = await ask('GET', id, piece)
      if (response.ok && Number(response.headers.get('content-length') ?? 0) <= LIMITS.blobChunk)
        return new Uint8Array(await response.arrayBuffer())
      await response.body?.cancel()
      if (response.status === 404) return undefined
      throw failed('GET', response)
    },
    remove: async (id, pieces) => {
      for (let piece = 0; piece < pieces; piece++) {
        const response = await ask('DELETE', id, piece)
        await response.body?.cancel()
        if (!response.ok && response.status !== 404) throw failed('DELETE', response)
      }
    },
  }
}
