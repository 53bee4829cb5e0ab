import { LIMITS } from '../../src/protocol/limits.ts'
import { StoreUnavailable } from '../db/unavailable.ts'
import type { BlobFiles } from './blob-files.ts'

/** Milliseconds for one piece. */
const PATIENCE = 20_000

/** Sends a signed request to S3. */
export type SignedFetch = (url: string, init: RequestInit) => Promise<Response>

/** Characters of an error's XML that are looked at. */
const ERROR = 4_096

/**
 * Whether an answer to a GET means that nothing is there. A key without the right to list the bucket is told `AccessDenied` then instead of 404;
 * a key that is wrong itself gets other codes, and is no reason to think that anything is lost.
 */
const isMissing = async (response: Response): Promise<boolean> => {
  const text =
    response.status === 403 ? (await response.text()).slice(0, ERROR) : await response.body?.cancel()
  return response.status === 404 || (text ?? '').includes('<Code>AccessDenied</Code>')
}

/**
 * Pieces as objects of a bucket: `<bucket>/blobs/<id>/<number>`. Plain PUT, GET and DELETE alone, which every S3-compatible server has.
 * @param bucket its address, without a slash at the end
 */
export const createS3Files = (bucket: string, send: SignedFetch): BlobFiles => {
  /** Sends a request and reads what it needs of the answer. */
  const ask = async <T>(
    method: string,
    place: { readonly id: string; readonly piece: number; readonly body?: Uint8Array },
    read: (response: Response) => Promise<T>
  ): Promise<T> => {
    const { id, piece, body } = place
    try {
      const response = await send(`${bucket}/blobs/${id}/${piece}`, {
        method,
        signal: AbortSignal.timeout(PATIENCE),
        ...(body && { body: new Uint8Array(body) }),
      })
      return await read(response)
    } catch (error) {
      // A connection can also break within the answer.
      throw new StoreUnavailable(error)
    }
  }
  const failed = (method: string, response: Response): Error =>
    new Error(`S3 answered ${response.status} to ${method}`)
  /** An answer of which only the status matters. */
  const done =
    (method: string, ...others: readonly number[]) =>
    async (response: Response): Promise<void> => {
      await response.body?.cancel()
      if (!response.ok && !others.includes(response.status)) throw failed(method, response)
    }
  return {
    put: (id, piece, body) => ask('PUT', { id, piece, body }, done('PUT')),
    get: (id, piece) =>
      ask('GET', { id, piece }, async (response) => {
        if (response.ok && Number(response.headers.get('content-length') ?? 0) <= LIMITS.blobChunk)
          return new Uint8Array(await response.arrayBuffer())
        if (await isMissing(response)) return undefined
        throw failed('GET', response)
      }),
    remove: async (id, pieces) => {
      for (let piece = 0; piece < pieces; piece++) await ask('DELETE', { id, piece }, done('DELETE', 404))
    },
  }
}
