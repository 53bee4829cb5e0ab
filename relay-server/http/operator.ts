import type { FastifyInstance } from 'fastify'
import { parseAccountId } from '../../src/protocol/ids.ts'
import type { RelayContext } from '../context.ts'
import { refuse } from '../errors.ts'
import { rememberFor } from '../remember-for.ts'

const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/
const NOBODY = parseAccountId('00000000-0000-8000-8000-000000000000')
/** A store that takes longer than this serves nobody. Milliseconds. */
const STORE_PATIENCE = 3_000
/** Balancers ask every few seconds. Milliseconds. */
const READY_LIFE = 500

/** Health and metrics, outside the limits of the API. */
export const operatorRoutes = (app: FastifyInstance, { metrics, store }: RelayContext): void => {
  // The process runs and answers: what a supervisor asks before it restarts one. A store that is away is not mended by a restart.
  app.get('/healthz', async (_request, reply) => reply.header('cache-control', 'no-store').send({ ok: true }))

  // It can do its work: what a balancer asks before it sends somebody here.
  const ready = rememberFor(READY_LIFE, () => storeAnswers(store))
  app.get('/readyz', async (_request, reply) => {
    void reply.header('cache-control', 'no-store')
    if (await ready()) return reply.send({ ok: true })
    return reply.code(503).send({ ok: false, reason: 'store' })
  })

  // Counts over time would tell an outsider when somebody gets a message: they are for this machine alone.
  app.get('/metrics', async (request, reply) => {
    const forwarded = request.headers['x-forwarded-for'] ?? request.headers['forwarded']
    if (!LOOPBACK.test(request.socket.remoteAddress ?? '') || forwarded !== undefined)
      refuse('forbidden', 'metrics are for the relay’s own machine')
    return reply.type(metrics.contentType).send(await metrics.text())
  })
}

/** Whether the store answers a small question in time. */
const storeAnswers = async (store: RelayContext['store']): Promise<boolean> => {
  if (!NOBODY) return false
  const late = Promise.withResolvers<false>()
  const timer = setTimeout(() => late.resolve(false), STORE_PATIENCE)
  const asked = store.devices.publishKey(NOBODY).then(
    () => true,
    () => false
  )
  const answer = await Promise.race([asked, late.promise])
  clearTimeout(timer)
  return answer
}
