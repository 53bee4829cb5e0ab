import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import * as v from 'valibot'
import { fromBase64Url, fromUtf8 } from '../../src/lib/bytes.ts'
import type { RelayContext } from '../context.ts'
import { refuse } from '../errors.ts'
import { bodyOf } from '../http/body.ts'
import { relayVersion } from '../http/info.ts'
import { inviteCodeHash, newInviteCode } from '../invites/code.ts'
import { invitesPart } from './invites-page.ts'
import { joinPath } from './join.ts'
import { overview, type Presence } from './overview.ts'
import { overviewPage, signInPage, STYLE } from './page.ts'
import type { AdminToken } from './token.ts'
import { languageOf } from './words.ts'

const COOKIE = 'mepassa-admin'
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

const DAY = 24 * 60 * 60 * 1000
const whole = (most: number) =>
  v.pipe(v.string(), v.regex(/^\d{1,4}$/), v.transform(Number), v.minValue(1), v.maxValue(most))
const InviteForm = v.object({
  label: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(60)),
  uses: whole(1_000),
  days: whole(365),
})

export interface AdminDeps {
  readonly token: AdminToken
  readonly presence: () => Presence
}

/** The operator's page: numbers, storage, limits and invitations, for who has the token. It tells nothing of anybody. */
export const adminRoutes = (app: FastifyInstance, context: RelayContext, deps: AdminDeps): void => {
  const { config, store, rates, now } = context
  const { token, presence } = deps
  const version = relayVersion
  const secure = config.publicUrl?.protocol === 'https:' ? '; Secure' : ''
  const keep = (reply: FastifyReply, value: string, seconds: number): void =>
    void reply.header(
      'set-cookie',
      `${COOKIE}=${value}; Path=/admin; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`
    )
  const page = (reply: FastifyReply, status: number, html: string): FastifyReply =>
    reply.code(status).headers(HEADERS).type('text/html; charset=utf-8').send(html)
  const toPage = (reply: FastifyReply): FastifyReply =>
    reply.code(303).headers(HEADERS).header('location', '/admin').send()
  const isSignedIn = (request: FastifyRequest): boolean => token.isSession(sessionOf(request), now())

  const show = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { made = null, problem = null }: { readonly made?: string | null; readonly problem?: string | null } = {}
  ): Promise<FastifyReply> => {
    const language = languageOf(request.headers['accept-language'])
    if (!isSignedIn(request)) return page(reply, 401, signInPage(language, null))
    const situation = { config, version, presence: presence(), census: await store.census.take() }
    const codes = await store.invites.list()
    const needed = config.registration === 'invite'
    const invites = invitesPart(language, { codes, needed, made, problem, now: now() })
    const html = overviewPage(language, await overview(language, situation), invites)
    return page(reply, problem === null ? 200 : 400, html)
  }

  app.get('/admin/style.css', async (_request, reply) => reply.headers(HEADERS).type('text/css').send(STYLE))
  app.get('/admin', (request, reply) => show(request, reply))

  app.post('/admin/sign-in', async (request, reply) => {
    refuseOtherSites(request)
    const language = languageOf(request.headers['accept-language'])
    const wait = await rates.takeFrom('signIns', request.ip)
    if (wait > 0) {
      void reply.header('retry-after', Math.ceil(wait / 1000))
      return page(reply, 429, signInPage(language, language.words.often))
    }
    if (!token.is((formOf(request)['token'] ?? '').trim()))
      return page(reply, 401, signInPage(language, language.words.wrong))
    const { value, seconds } = token.session(now())
    keep(reply, value, seconds)
    return toPage(reply)
  })

  app.post('/admin/sign-out', async (request, reply) => {
    refuseOtherSites(request)
    keep(reply, '', 0)
    return toPage(reply)
  })

  app.post('/admin/invites', async (request, reply) => {
    refuseOtherSites(request)
    if (!isSignedIn(request)) return show(request, reply)
    const { words } = languageOf(request.headers['accept-language'])
    const form = v.safeParse(InviteForm, formOf(request))
    if (!form.success) return show(request, reply, { problem: words.malformed })
    const { label, uses, days } = form.output
    const code = newInviteCode()
    const createdAt = now()
    const expiresAt = createdAt + days * DAY
    await store.invites.add({ hash: inviteCodeHash(code), label, usesLeft: uses, createdAt, expiresAt })
    const origin = config.publicUrl?.origin ?? `${request.protocol}://${request.host}`
    return show(request, reply, { made: origin + joinPath(code) })
  })

  app.post('/admin/invites/remove', async (request, reply) => {
    refuseOtherSites(request)
    if (!isSignedIn(request)) return show(request, reply)
    const hash = fromBase64Url((formOf(request)['hash'] ?? '').slice(0, 64))
    if (hash) await store.invites.remove(hash)
    return toPage(reply)
  })
}

/** The fields of a form. */
const formOf = (request: FastifyRequest): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(new URLSearchParams(fromUtf8(bodyOf(request)) ?? ''))

/** A form on somebody else's page is not the operator's will. */
const refuseOtherSites = (request: FastifyRequest): void => {
  const site = request.headers['sec-fetch-site'] ?? 'same-origin'
  if (site !== 'same-origin') refuse('forbidden', 'this form belongs to the relay’s own page')
}

const sessionOf = ({ headers }: FastifyRequest): string =>
  new RegExp(`(?:^|; )${COOKIE}=([\\w.-]{1,200})(?:;|$)`).exec(headers.cookie ?? '')?.[1] ?? ''
