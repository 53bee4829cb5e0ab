import { randomBytes } from 'node:crypto'
import { own, toBase64Url, toHex, utf8 } from '../../../../src/lib/bytes.ts'
import { OFFSET_HEADER, UPLOAD_TOKEN_HEADER } from '../../../../src/protocol/blobs.ts'
import { LIMITS } from '../../../../src/protocol/limits.ts'
import { sha256 } from '../../../../src/protocol/sha256.ts'
import type { Device } from './device.ts'

export const PIECE = LIMITS.blobChunk

/** Random bytes of a padded size, with their id. */
export const newBlob = (size: number): { readonly id: string; readonly bytes: Uint8Array } => {
  const bytes = new Uint8Array(randomBytes(size))
  return { id: toHex(sha256(bytes)), bytes }
}

/** One who uploads, knowing nothing but a token. */
export interface Uploader {
  begin(blob: { id: string; bytes: Uint8Array }): Promise<Response>
  /** Sends the piece that begins at `offset`. */
  piece(id: string, offset: number, bytes: Uint8Array): Promise<Response>
  /** Everything, from the beginning. */
  upload(blob: { id: string; bytes: Uint8Array }): Promise<void>
}

export const newUploader = async (
  url: string,
  device: Device,
  token: Uint8Array = randomBytes(32)
): Promise<Uploader> => {
  const granted = await device.send('PUT', '/v1/upload-tokens', { hash: toBase64Url(sha256(token)) })
  if (granted.status !== 200) throw new Error(`no token: ${granted.status}`)
  return uploaderWith(url, token)
}

export const uploaderWith = (url: string, token: Uint8Array): Uploader => {
  const credential = { [UPLOAD_TOKEN_HEADER]: toBase64Url(token) }
  const uploader: Uploader = {
    begin: ({ id, bytes }) =>
      fetch(`${url}/v1/blobs`, {
        method: 'POST',
        headers: credential,
        body: own(utf8(JSON.stringify({ id, size: bytes.length }))),
      }),
    piece: (id, offset, bytes) =>
      fetch(`${url}/v1/blobs/${id}`, {
        method: 'PATCH',
        headers: { ...credential, [OFFSET_HEADER]: String(offset) },
        body: own(bytes),
      }),
    upload: async (blob) => {
      const { id, bytes } = blob
      const statuses = [(await uploader.begin(blob)).status]
      for (let offset = 0; offset < bytes.length; offset += PIECE)
        statuses.push((await uploader.piece(id, offset, bytes.subarray(offset, offset + PIECE))).status)
      if (statuses.some((status) => status > 201)) throw new Error(`not uploaded: ${statuses.join()}`)
    },
  }
  return uploader
}

export const fetchBlob = (url: string, id: string, range?: string): Promise<Response> =>
  fetch(`${url}/v1/blobs/${id}`, range === undefined ? {} : { headers: { range } })

export const bytesOf = async (response: Response): Promise<Uint8Array> =>
  new Uint8Array(await response.arrayBuffer())
