/** Tells listeners of things by name. */
export interface Emitter<Events> {
  emit<N extends keyof Events>(name: N, event: Events[N]): void
  on<N extends keyof Events>(name: N, listener: (event: Events[N]) => void): () => void
}

/** A small typed emitter. Listeners are called in the order they came; one that throws is not let near the others' turn. */
export const createEmitter = <Events>(): Emitter<Events> => {
  const listeners = new Map<keyof Events, Set<(event: never) => void>>()
  return {
    emit: (name, event) => {
      for (const listener of [...(listeners.get(name) ?? [])]) {
        try {
          listener(event as never)
        } catch (error) {
          queueMicrotask(() => {
            throw error
          })
        }
      }
    },
    on: (name, listener) => {
      const set = listeners.get(name) ?? new Set()
      listeners.set(name, set)
      set.add(listener)
      return () => set.delete(listener)
    },
  }
}
