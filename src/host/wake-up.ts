import type { MePassaClient } from '../client/contract.ts'
import type { Clock } from '../core/ports/platform.ts'

/** Hidden for less than this, nothing that matters has been missed. */
const HIDDEN_LONG = 10_000
const TICK = 5_000
/** The clock jumped: the machine slept. Hidden pages' timers come up to a minute late without any sleep. */
const JUMP = { visible: 15_000, hidden: 90_000 }
/** Several signs of one waking come together. */
const TOGETHER = 1_000

/**
 * Tells the core when the network may have changed or the machine slept. `concerns` says whether this tab is the one to tell; the function
 * it returns ends it.
 */
export const watchWakeUps = (
  view: Window,
  client: Pick<MePassaClient, 'call'>,
  clock: Clock,
  concerns: () => boolean
): (() => void) => {
  const { document } = view
  let told = -Infinity
  let hiddenAt: number | undefined
  let lastTick = clock.now()
  const signal = new AbortController()

  const wake = (): void => {
    if (!concerns() || clock.now() - told < TOGETHER) return
    told = clock.now()
    void client.call('wake', null)
  }
  const listen = (target: EventTarget, type: string, listener: (event: Event) => void): void =>
    target.addEventListener(type, listener, { signal: signal.signal })

  listen(view, 'online', wake)
  listen(view, 'offline', wake)
  listen(document, 'resume', wake)
  listen(view, 'pageshow', (event) => {
    if ((event as PageTransitionEvent).persisted) wake()
  })
  listen(document, 'visibilitychange', () => {
    if (document.visibilityState === 'hidden') hiddenAt = clock.now()
    else if (hiddenAt !== undefined && clock.now() - hiddenAt >= HIDDEN_LONG) wake()
  })
  const timer = view.setInterval(() => {
    const now = clock.now()
    const jump = document.visibilityState === 'visible' ? JUMP.visible : JUMP.hidden
    if (now - lastTick > jump) wake()
    lastTick = now
  }, TICK)

  return () => {
    signal.abort()
    view.clearInterval(timer)
  }
}
