import { join } from 'node:path'
import { AwsClient } from 'aws4fetch'
import type { RelayConfig } from '../config.ts'
import { createDiskFiles } from './disk-files.ts'
import { createS3Files } from './s3-files.ts'

/**
 * Where the bytes of blobs lie: as pieces of `LIMITS.blobChunk`, numbered from 0. `id` is in hex. Every method may fail with
 * `StoreUnavailable`.
 */
export interface BlobFiles {
  /** Resolves when the piece is durable; writing it again replaces it. */
  put(id: string, piece: number, bytes: Uint8Array): Promise<void>
  get(id: string, piece: number): Promise<Uint8Array | undefined>
  /** Deletes all pieces; there may be fewer than `pieces`. */
  remove(id: string, pieces: number): Promise<void>
}

/** Folder of blobs on disk. */
export const blobFolder = (dataDir: string): string => join(dataDir, 'blobs')

/** The files that the settings name. */
export const openBlobFiles = ({ dataDir, blobs: { s3 } }: RelayConfig): BlobFiles => {
  if (s3 === null) return createDiskFiles(blobFolder(dataDir))
  const { url, key, secret, region } = s3
  // Attempts again are for whoever uploads: it knows where it stands.
  const client = new AwsClient({
    accessKeyId: key,
    secretAccessKey: secret,
    service: 's3',
    region,
    retries: 0,
  })
  return createS3Files(url, (address, init) => client.fetch(address, init))
}
