/** Headers that keep the page to itself (architecture §8). */
import { LENGTH_HEADER, OFFSET_HEADER } from '../../src/protocol/blobs.ts'

/** Relays of contacts are the user's choice, so any secure origin may be called, and plain ones on this very machine alone. */
const CONNECT = "'self' https: wss: http://localhost:* ws://localhost:* http://127.0.0.1:* ws://127.0.0.1:*"

const POLICY = [
  "default-src 'none'",
  // The database is WebAssembly; no other code is made at run time.
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  // Text becomes markup, code or a script's address through these alone: Svelte's templates, the core worker, the service worker.
  "require-trusted-types-for 'script'",
  'trusted-types svelte-trusted-html mepassa-core-worker mepassa-service-worker',
  "style-src 'self'",
  // Svelte sets positions of rows as attributes; elements with rules of their own stay forbidden.
  "style-src-attr 'unsafe-inline'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "font-src 'self'",
  `connect-src ${CONNECT}`,
  "manifest-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** For every answer. `secure`: the relay is reached by HTTPS alone. */
export const commonHeaders = (secure: boolean): Readonly<Record<string, string>> => ({
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  ...(secure && { 'strict-transport-security': 'max-age=31536000' }),
})

/** For the page and its files. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(self), microphone=(self), geolocation=(), payment=(), usb=()',
}

/** For the API, which any page may call: whatever it answers is data, never a document. */
export const API_HEADERS: Readonly<Record<string, string>> = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': `retry-after, content-range, ${OFFSET_HEADER}, ${LENGTH_HEADER}`,
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'cross-origin',
}
