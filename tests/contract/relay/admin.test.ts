import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newDevice } from './kit/device.ts'
import { startTestRelay, type TestRelay } from './kit/relay.ts'

const HOUR = 60 * 60 * 1000
let relay: TestRelay
let token: string

beforeAll(async () => {
  relay = await startTestRelay({ config: { registration: 'invite' } })
  token = (await readFile(join(relay.dataDir, 'admin-token'), 'utf8')).trim()
})
afterAll(() => relay[Symbol.asyncDispose]())

const ask = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(relay.url + path, { headers, redirect: 'manual' })
const post = (
  path: string,
  form: Record<string, string>,
  headers: Record<string, string> = {}
): Promise<Response> =>
  fetch(relay.url + path, { method: 'POST', body: new URLSearchParams(form), headers, redirect: 'manual' })
const cookieOf = (response: Response): string =>
  (response.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
const signIn = async (): Promise<{ cookie: string }> => ({
  cookie: cookieOf(await post('/admin/sign-in', { token })),
})

describe('the door', () => {
  test('the token is made once, for the operator’s eyes alone', async () => {
    const file = join(relay.dataDir, 'admin-token')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(token.length).toBe(32)
    await relay.restart()
    expect((await readFile(file, 'utf8')).trim()).toBe(token)
  })

  test('asks for the token, in the browser’s language, and runs no script', async () => {
    const response = await ask('/admin')
    expect(response.status).toBe(401)
    expect(await response.text()).toContain('This page is for the operator')
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'; style-src 'self'")
    expect(response.headers.get('cache-control')).toBe('no-store')
    const brazilian = await (await ask('/admin', { 'accept-language': 'pt-BR,pt;q=0.9,en;q=0.8' })).text()
    expect(brazilian).toContain('<html lang="pt-BR">')
    expect(brazilian).toContain('Token de administração')
    expect((await ask('/admin/style.css')).headers.get('content-type')).toContain('text/css')
  })

  test('refuses wrong tokens, forged and old sessions, and forms of other sites', async () => {
    const wrong = await post('/admin/sign-in', { token: 'x'.repeat(32) })
    expect([wrong.status, wrong.headers.get('set-cookie')]).toEqual([401, null])
    const good = await post('/admin/sign-in', { token })
    expect([good.status, good.headers.get('location')]).toEqual([303, '/admin'])
    expect(good.headers.get('set-cookie')).toMatch(/Path=\/admin; Max-Age=28800; HttpOnly; SameSite=Strict$/)
    const cookie = cookieOf(good)
    expect((await ask('/admin', { cookie })).status).toBe(200)
    for (const forged of [
      cookie.replace(/.$/, '!'),
      cookie.replace(/=\d/, '=9'),
      'mepassa-admin=',
      'mepassa-admin=9.9',
    ])
      expect((await ask('/admin', { cookie: forged })).status).toBe(401)
    const elsewhere = await post('/admin/sign-in', { token }, { 'sec-fetch-site': 'cross-site' })
    expect(elsewhere.status).toBe(403)
    relay.clock.advance(9 * HOUR)
    expect((await ask('/admin', { cookie })).status).toBe(401)
  })

  test('tires of guesses', async () => {
    await using other = await startTestRelay()
    const statuses: number[] = []
    for (let n = 0; n < 21; n++) {
      const guess = { method: 'POST', body: new URLSearchParams({ token: `guess ${n}` }) }
      statuses.push((await fetch(`${other.url}/admin/sign-in`, guess)).status)
    }
    expect(statuses.slice(0, 20).every((status) => status === 401)).toBe(true)
    expect(statuses[20]).toBe(429)
  })
})

describe('inside', () => {
  test('an invitation made here lets a browser register that opened its link', async () => {
    const session = await signIn()
    const made = await post('/admin/invites', { label: 'família <3', uses: '1', days: '7' }, session)
    const html = await made.text()
    expect(html).toContain('família &#60;3: 1 left')
    const [, path = ''] = /http:\/\/[^/]+(\/join\/[\w-]+)/.exec(html) ?? []
    const joined = await ask(path)
    expect([joined.status, joined.headers.get('location')]).toEqual([303, '/'])
    expect(joined.headers.get('set-cookie')).toMatch(
      /Path=\/v1\/devices; Max-Age=3600; HttpOnly; SameSite=Strict$/
    )

    const [ana, bia] = [
      await newDevice(relay.url, 1, relay.clock.now),
      await newDevice(relay.url, 1, relay.clock.now),
    ]
    expect((await ana.register()).status).toBe(403)
    const invited = cookieOf(joined)
    expect((await ana.register({ cookie: invited })).status).toBe(201)
    expect((await bia.register({ cookie: invited })).status).toBe(403)

    const page = await (await ask('/admin', session)).text()
    expect(page).toContain('família &#60;3: over')
    expect(page).toMatch(/<dt>Accounts<\/dt><dd>1<\/dd>/)
    expect(page).toMatch(/<dt>Database<\/dt><dd>SQLite<\/dd>/)
    expect(page).not.toContain(ana.account)
    const [, hash = ''] = /name="hash" value="([\w-]+)"/.exec(page) ?? []
    expect((await post('/admin/invites/remove', { hash }, session)).status).toBe(303)
    expect(await (await ask('/admin', session)).text()).not.toContain('família')
  })

  test('a form that is not filled in is said to be so, and nothing is done without a session', async () => {
    const session = await signIn()
    for (const wrong of [
      {},
      { label: 'x', uses: '0', days: '1' },
      { label: ' ', uses: '1', days: '1' },
      { label: 'x', uses: '1', days: '999' },
    ]) {
      const response = await post('/admin/invites', wrong, session)
      expect(response.status).toBe(400)
      expect(await response.text()).toContain('role="alert"')
    }
    expect((await post('/admin/invites', { label: 'x', uses: '1', days: '1' })).status).toBe(401)
    expect(await (await ask('/admin', session)).text()).not.toContain('name="hash"')
    const out = await post('/admin/sign-out', {}, session)
    expect(out.headers.get('set-cookie')).toContain('mepassa-admin=; Path=/admin; Max-Age=0')
  })
})
