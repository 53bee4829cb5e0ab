import * as v from 'valibot'
import type { EventName, Events } from '../contract.ts'
import { EVENTS, isEvent } from './schemas.ts'

/** Who listens to which event on this side of the bridge. */
export interface EventListeners {
  on<N extends EventName>(name: N, listener: (event: Events[N]) => void): () => void
  /** Tells the listeners of an event as it came; what does not parse is dropped. */
  emit(name: string, event: unknown): void
  /** Events that somebody listens to. */
  names(): readonly EventName[]
}

/** @param onInterest is called when an event gains its first listener (true) or loses its last (false) */
export const createEventListeners = (
  onInterest: (name: EventName, wanted: boolean) => void
): EventListeners => {
  const listeners = new Map<EventName, Set<(event: never) => void>>()
  return {
    on: (name, listener) => {
      const set = listeners.get(name) ?? new Set()
      // A function of its own for each call: the same listener may be given twice.
      const own = (event: Events[typeof name]): void => listener(event)
      set.add(own)
      listeners.set(name, set)
      if (set.size === 1) onInterest(name, true)
      return () => {
        if (!set.delete(own) || set.size > 0) return
        listeners.delete(name)
        onInterest(name, false)
      }
    },
    emit: (name, event) => {
      if (!isEvent(name)) return
      const parsed = v.safeParse(EVENTS[name], event)
      if (!parsed.success) return
      for (const listener of [...(listeners.get(name) ?? [])]) listener(parsed.output as never)
    },
    names: () => [...listeners.keys()],
  }
}
