import {
  fastify,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify'
import type { Logger } from 'pino'
import { OFFSET_HEADER, UPLOAD_TOKEN_HEADER } from '../../src/protocol/blobs.ts'
import { KEY_HEADER } from '../../src/protocol/relay-api.ts'
import { joinRoutes } from '../admin/join.ts'
import { adminRoutes, type AdminDeps } from '../admin/routes.ts'
import { keyRoutes } from '../auth/routes.ts'
import type { RelayContext } from '../context.ts'
import { blobRoutes } from '../blobs/routes.ts'
import { deviceRoutes } from '../devices/routes.ts'
import { endpointRoutes } from '../endpoints/routes.ts'
import { StoreUnavailable } from '../db/unavailable.ts'
import { Refusal, refusal, statusOf } from '../errors.ts'
import { BODY_LIMITS } from '../limits.ts'
import { listRoutes } from '../lists/routes.ts'
import { fanOutRoute } from '../mailbox/fan-out-route.ts'
import { mailboxRoutes } from '../mailbox/routes.ts'
import { preKeyRoutes } from '../prekeys/routes.ts'
import { turnRoutes } from '../turn/routes.ts'
import { pushRoutes } from '../push/routes.ts'
import { createBodyBudget } from './body-budget.ts'
import { boundConnections } from './connections.ts'
import { infoRoutes, type PeerInfo } from './info.ts'
import { operatorRoutes } from './operator.ts'
import { servePage } from './page.ts'
import { refuseClientIfOften } from './reply.ts'
import { API_HEADERS, commonHeaders } from './security-headers.ts'

const PREFLIGHT = {
  'access-control-allow-methods': 'GET, HEAD, PUT, POST, PATCH, DELETE',
  'access-control-allow-headers': `content-type, content-digest, signature, signature-input, range, ${KEY_HEADER}, ${UPLOAD_TOKEN_HEADER}, ${OFFSET_HEADER}`,
  'access-control-max-age': '86400',
}

const noCompiler = (): never => {
  throw new Error('routes have no schemas of Fastify’s kind')
}

/** Makes the HTTP server: API, health, metrics and the page. It does not listen yet. */
export const createHttpServer = async (
  context: RelayContext,
  peer: PeerInfo,
  admin: AdminDeps
): Promise<FastifyInstance> => {
  const { config, rates, metrics, log } = context
  const app = fastify({
    trustProxy: (_address, hop) => hop < config.trustProxy,
    bodyLimit: BODY_LIMITS.small,
    logger: false,
    // Slow senders hold a socket, not a handler, and that not for long.
    requestTimeout: config.limits.requestTime,
    http: {
      headersTimeout: config.limits.headTime,
      connectionsCheckingInterval: Math.ceil(config.limits.headTime / 2),
    },
    keepAliveTimeout: 75_000,
    // Requests under way finish; how long they may take is for whoever stops the relay.
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 128 },
    // Bodies are checked by the schemas of `src/protocol`: Fastify's own compilers, 250 modules, are not loaded.
    schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
    // Addresses that cannot be decoded reach no handler.
    frameworkErrors: (error, _request, reply) => void answerError(error, reply, log),
  })
  boundConnections(app.server, config.limits, config.trustProxy)
  // Bodies stay bytes: digests and record signatures are over what was received.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.setErrorHandler<FastifyError | Refusal>((error, _request, reply) => answerError(error, reply, log))
  const headers = commonHeaders(config.publicUrl?.protocol === 'https:')
  app.addHook('onRequest', (request, reply, done) => {
    void reply.headers(headers)
    if (request.url.startsWith('/v1/')) void reply.headers(API_HEADERS)
    done()
  })
  app.addHook('onRequest', createBodyBudget(config.limits.bodies))
  let closing = false
  app.addHook('preClose', async () => void (closing = true))
  app.addHook('onSend', (_request, reply, _payload, done) => {
    // The last answer on this connection: a client that kept it open would hold up the end.
    if (closing) void reply.header('connection', 'close')
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    metrics.request(request.routeOptions.url ?? 'none', reply.statusCode)
    done()
  })

  const often = (request: FastifyRequest, reply: FastifyReply): Promise<void> =>
    refuseClientIfOften(rates, 'requests', request, reply)
  await app.register(async (api) => {
    api.addHook('onRequest', often)
    api.options('/v1/*', async (_request, reply) => reply.code(204).headers(PREFLIGHT).send())
    for (const routes of [
      deviceRoutes,
      keyRoutes,
      listRoutes,
      endpointRoutes,
      preKeyRoutes,
      mailboxRoutes,
      fanOutRoute,
      turnRoutes,
      blobRoutes,
      pushRoutes,
    ])
      routes(api, context)
    infoRoutes(api, context, peer)
  })
  operatorRoutes(app, context)
  await app.register(async (pages) => {
    pages.addHook('onRequest', often)
    adminRoutes(pages, context, admin)
  })
  joinRoutes(app, context)
  await servePage(app, config.distDir)
  return app
}

/** Seconds after which a client may ask again, where nothing says it better. */
const RETRY = '5'

const answerError = (error: FastifyError | Refusal, reply: FastifyReply, log: Logger): FastifyReply => {
  const refused = error instanceof Refusal ? error.error : foreseen(error)
  if (
    refused &&
    (refused.code === 'rate-limited' || refused.code === 'unavailable') &&
    !reply.hasHeader('retry-after')
  )
    void reply.header('retry-after', RETRY)
  if (refused)
    return reply.code(statusOf(refused.code)).send({ code: refused.code, message: refused.message })
  if (error instanceof StoreUnavailable) {
    log.warn({ event: 'store-unavailable' })
    const message = 'the relay cannot reach its store; try again later'
    return reply.code(503).header('retry-after', RETRY).send({ code: 'unavailable', message })
  }
  // The message of an unforeseen error may quote what was sent: only its kind and place are logged.
  log.error({ event: 'request-failed', error: error.name, at: error.stack?.split('\n')[1]?.trim() })
  return reply.code(500).send({ code: 'unavailable', message: 'the relay failed; try again later' })
}

/** Errors of Fastify itself about a request that is wrong in form. */
const foreseen = (error: FastifyError) => {
  const status = error.statusCode ?? 500
  if (status === 413) return refusal('too-large', 'the body is too large')
  return status >= 400 && status < 500 ? refusal('malformed', 'the request is malformed') : undefined
}
