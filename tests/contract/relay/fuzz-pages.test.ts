/** What the relay answers beside its API, to whatever is sent: the operator's page, invitation links, health and metrics. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as v from 'valibot'
import { createAdminToken } from '../../../relay-server/admin/token.ts'
import { RelayErrorSchema } from '../../../src/protocol/relay-api.ts'
import { startTestRelay, type TestRelay } from './kit/relay.ts'

const RUNS = 150
const TOKEN = 'a-token-of-the-operators-own'
/** Shown as it came, it would be part of the page. */
const MARKUP = '"><img src=x>'

let relay: TestRelay
beforeAll(async () => {
  relay = await startTestRelay({ config: { adminToken: TOKEN, trustProxy: 1, registration: 'invite' } })
})
afterAll(() => relay[Symbol.asyncDispose]())

const cookieOf = (state: 'good' | 'spoiled' | 'none', junk: string): string => {
  const { value } = createAdminToken(TOKEN).session(Date.now())
  return { good: `mepassa-admin=${value}`, spoiled: `mepassa-admin=${value.slice(1)}${junk}`, none: junk }[
    state
  ]
}

/** Whatever a header may hold. */
const headerText = fc.string({ unit: fc.constantFrom(...'aZ09-_.,;=:"*% /'), maxLength: 60 })
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.constantFrom(MARKUP, '', '0', '1', '365', '1e3', '-1', '99999', TOKEN, '\0', '\ud800', 'x'.repeat(500))
)
const form = fc
  .record({ token: text, label: text, uses: text, days: text, hash: text }, { requiredKeys: [] })
  .map((fields) => new URLSearchParams(fields).toString())
const goodInvite = fc.record({
  label: fc.oneof(text, fc.constant('family')),
  uses: fc.constant('2'),
  days: fc.constant('9'),
})

const shot = fc.record({
  method: fc.constantFrom('GET', 'GET', 'POST', 'POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS'),
  path: fc.oneof(
    fc.constantFrom(
      '/admin',
      '/admin/',
      '/admin/style.css',
      '/admin/sign-in',
      '/admin/sign-out',
      '/admin/invites'
    ),
    fc.constantFrom(
      '/admin/invites',
      '/admin/invites/remove',
      '/healthz',
      '/readyz',
      '/metrics',
      '/join/',
      '/join'
    ),
    text.map((code) => `/join/${encodeURIComponent(code.toWellFormed())}`),
    text.map((name) => `/admin/${encodeURIComponent(name.toWellFormed())}`)
  ),
  query: fc.constantFrom('', '', '?', '?a=b', '?__proto__=1', '?%'),
  body: fc.oneof(
    form,
    goodInvite.map((fields) => new URLSearchParams(fields).toString()),
    fc.string({ unit: 'binary', maxLength: 300 })
  ),
  type: fc.constantFrom('application/x-www-form-urlencoded', 'application/json', 'multipart/form-data', 'x'),
  cookie: fc.tuple(fc.constantFrom('good', 'good', 'spoiled', 'none'), headerText),
  site: fc.constantFrom('same-origin', 'same-origin', 'cross-site', 'none', ''),
  language: headerText,
  address: fc.nat({ max: 250 }),
})
type Shot = typeof shot extends fc.Arbitrary<infer One> ? One : never

const fire = ({
  method,
  path,
  query,
  body,
  type,
  cookie,
  site,
  language,
  address,
}: Shot): Promise<Response> =>
  fetch(relay.url + path + query, {
    method,
    redirect: 'manual',
    headers: {
      'content-type': type,
      cookie: cookieOf(...cookie),
      'accept-language': language,
      'sec-fetch-site': site,
      'x-forwarded-for': `198.51.100.${address}`,
    },
    ...(method === 'GET' || method === 'HEAD' ? {} : { body }),
  })

/** A page, a way to one, nothing, or a refusal that says its code. */
const isWellFormed = async (method: string, response: Response): Promise<boolean> => {
  const { status } = response
  const kind = response.headers.get('content-type') ?? ''
  const body = await response.text()
  if (status >= 500 || body.includes('<img')) return false
  if (method === 'HEAD' || status === 303) return body === ''
  if (kind.startsWith('text/html')) return [200, 400, 401, 429].includes(status)
  return status < 300 || v.is(RelayErrorSchema, JSON.parse(body))
}

describe('whatever is sent', () => {
  test('pages answer, or refuse with a code, and show nothing as it came', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(shot, async (one) => {
        expect(await isWellFormed(one.method, await fire(one))).toBe(true)
      }),
      { numRuns: 4 * RUNS }
    )
  })

  test(
    'nobody gets in without the token, and metrics go to nobody through a proxy',
    { timeout: 120_000 },
    async () => {
      const stranger = fc.record({ one: shot, path: fc.constantFrom('/admin', '/admin/invites', '/metrics') })
      await fc.assert(
        fc.asyncProperty(stranger, async ({ one, path }) => {
          const { cookie, method } = one
          const response = await fire({ ...one, path, cookie: ['spoiled', cookie[1]] })
          expect(response.status, method).toBeGreaterThanOrEqual(400)
          expect(response.status, method).toBeLessThan(500)
        }),
        { numRuns: RUNS }
      )
    }
  )
})

test('after all that it is well, and its operator gets in', async () => {
  expect((await fetch(`${relay.url}/readyz`)).status).toBe(200)
  expect((await fetch(`${relay.url}/metrics`)).status).toBe(200)
  const body = new URLSearchParams({ token: TOKEN })
  const signedIn = await fetch(`${relay.url}/admin/sign-in`, { method: 'POST', body, redirect: 'manual' })
  const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? ''
  const page = await fetch(`${relay.url}/admin`, { headers: { cookie } })
  expect([signedIn.status, page.status]).toEqual([303, 200])
})
