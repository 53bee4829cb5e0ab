import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newDataDir, startTestRelay, type TestRelay } from './kit/relay.ts'

let relay: TestRelay
let distDir: string

beforeAll(async () => {
  distDir = await newDataDir()
  await mkdir(join(distDir, 'assets'))
  await Promise.all([
    writeFile(join(distDir, 'index.html'), '<!doctype html><title>page</title>'),
    writeFile(join(distDir, 'sw.js'), 'self'),
    writeFile(join(distDir, 'manifest.webmanifest'), '{}'),
    writeFile(join(distDir, 'assets', 'main-a1B2c3D4.js'), 'export {}'),
  ])
  relay = await startTestRelay({ config: { distDir } })
})
afterAll(async () => {
  await relay[Symbol.asyncDispose]()
  await rm(distDir, { recursive: true })
})

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(relay.url + path, { headers })
const HTML = { accept: 'text/html,*/*' }

describe('the page', () => {
  test('keeps other scripts and frames out', async () => {
    const response = await get('/', HTML)
    expect(await response.text()).toContain('<title>page')
    const policy = response.headers.get('content-security-policy') ?? ''
    const rules = new Map(policy.split('; ').map((rule) => [rule.split(' ')[0], rule]))
    expect(rules.get('script-src')).toBe("script-src 'self' 'wasm-unsafe-eval'")
    expect(rules.get('default-src')).toBe("default-src 'none'")
    expect(rules.get('require-trusted-types-for')).toBe("require-trusted-types-for 'script'")
    expect(rules.get('trusted-types')).not.toMatch(/\*|allow-duplicates|default/)
    expect(rules.get('frame-ancestors')).toBe("frame-ancestors 'none'")
    expect(rules.get('connect-src')).toContain("'self' https: wss: http://localhost:* ws://localhost:*")
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(response.headers.get('referrer-policy')).toBe('no-referrer')
    expect(response.headers.get('cross-origin-opener-policy')).toBe('same-origin')
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
  })

  test.each([
    ['/', 'no-cache'],
    ['/sw.js', 'no-cache'],
    ['/manifest.webmanifest', 'no-cache'],
    ['/assets/main-a1B2c3D4.js', 'public, max-age=31536000, immutable'],
  ])('%s is kept as %s', async (path, expected) => {
    const response = await get(path, HTML)
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toBe(expected)
  })

  test('answers its own addresses, and no files that are not there', async () => {
    const view = await get('/chat/123', HTML)
    expect(view.status).toBe(200)
    expect(view.headers.get('content-security-policy')).toContain("script-src 'self'")
    expect((await get('/assets/gone-a1B2c3D4.js', HTML)).status).toBe(404)
    expect((await get('/chat/123', { accept: 'application/json' })).status).toBe(404)
    expect((await get('/v1/nothing', HTML)).status).toBe(404)
    expect((await get('/../package.json')).status).toBe(404)
    expect((await get('/%2e%2e/package.json')).status).toBe(404)
  })
})

describe('the API', () => {
  test('may be called from any page', async () => {
    const preflight = await fetch(`${relay.url}/v1/mailbox`, { method: 'OPTIONS' })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*')
    for (const name of ['mepassa-key', 'signature', 'signature-input', 'content-digest', 'content-type']) {
      expect(preflight.headers.get('access-control-allow-headers')).toContain(name)
    }
    for (const method of ['GET', 'PUT', 'POST', 'DELETE']) {
      expect(preflight.headers.get('access-control-allow-methods')).toContain(method)
    }
    const refused = await get('/v1/mailbox')
    expect(refused.status).toBe(401)
    expect(refused.headers.get('access-control-allow-origin')).toBe('*')
    expect(refused.headers.get('access-control-allow-credentials')).toBeNull()
    expect(refused.headers.get('cache-control')).toBe('no-store')
  })
})

describe('for the operator', () => {
  test('health and metrics, without anybody in them', async () => {
    expect(await (await get('/healthz')).json()).toEqual({ ok: true })
    await get('/v1/endpoints/0e8400e2-9b41-4716-8466-554400001234')
    const text = await (await get('/metrics')).text()
    expect(text).toMatch(/mepassa_requests_total\{route="\/v1\/endpoints\/:account",status="401"\} 1/)
    expect(text).not.toContain('0e8400e2')
  })

  test('metrics do not leave the machine', async () => {
    expect((await get('/metrics', { 'x-forwarded-for': '203.0.113.9' })).status).toBe(403)
  })
})
