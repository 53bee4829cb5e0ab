import type { FastifyInstance } from 'fastify'
import type { RelayContext } from '../context.ts'
import { refuse } from '../errors.ts'

const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/

/** Health and metrics, outside the limits of the API. */
export const operatorRoutes = (app: FastifyInstance, { metrics, store }: RelayContext): void => {
  app.get('/healthz', async (_request, reply) => {
    await store.mailbox.count()
    return reply.header('cache-control', 'no-store').send({ ok: true })
  })

  // Counts over time would tell an outsider when somebody gets a message: they are for this machine alone.
  app.get('/metrics', async (request, reply) => {
    const forwarded = request.headers['x-forwarded-for'] ?? request.headers['forwarded']
    if (!LOOPBACK.test(request.socket.remoteAddress ?? '') || forwarded !== undefined)
      refuse('forbidden', 'metrics are for the relay’s own machine')
    return reply.type(metrics.contentType).send(await metrics.text())
  })
}
