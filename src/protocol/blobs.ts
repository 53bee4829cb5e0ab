/**
 * Blobs: encrypted attachments at a relay. A blob's id is the SHA-256 of its bytes, in hex: whoever knows it may fetch it, and can tell
 * whether it is whole. Uploads show a token that the relay cannot trace to its account from what it keeps.
 */
import * as v from 'valibot'
import { LIMITS } from './limits.ts'
import { bucketLength } from './padding.ts'
import { base64Url } from './wire-text.ts'

/** A token for uploads: 32 bytes, base64url. */
export const UPLOAD_TOKEN_HEADER = 'mepassa-upload-token'
/** How many bytes the relay has; of a PATCH, where its bytes begin. */
export const OFFSET_HEADER = 'upload-offset'
/** How many it will have. */
export const LENGTH_HEADER = 'upload-length'

/** Whether a blob may have this size: one of the padded ones, so that it says little of what is inside. */
export const isBlobSize = (size: number): boolean =>
  size >= LIMITS.blobLeastBytes && size <= LIMITS.blobBytes && bucketLength(size) === size

const whole = v.pipe(v.number(), v.integer(), v.minValue(0))

/** SHA-256 of a new token. */
export const UploadTokenSchema = v.strictObject({ hash: base64Url(32) })
/** What a token is good for: bytes in all, until ms since 1970. */
export const UploadGrantSchema = v.object({ bytes: whole, expiresAt: whole })
export type UploadGrant = v.InferOutput<typeof UploadGrantSchema>

export const BlobStartSchema = v.strictObject({
  id: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  size: v.pipe(v.number(), v.integer(), v.check(isBlobSize, 'must be a padded size')),
})
/** How far an upload is: whole when `received` is `size` (the relay has checked the hash then). */
export const BlobProgressSchema = v.object({ received: whole, size: whole })
export type BlobProgress = v.InferOutput<typeof BlobProgressSchema>
/** 409 of a PATCH that did not begin where the relay stands. */
export const BlobConflictSchema = v.object({
  code: v.literal('conflict'),
  message: v.string(),
  received: whole,
  size: whole,
})
