import type { MePassaError } from '../core/domain/errors.ts'

/** What this browser or this address cannot give. */
export type MissingCapability =
  'secure-context' | 'webcrypto' | 'opfs' | 'locks' | 'webrtc' | 'workers' | 'wasm'

/**
 * How far the start has come. `waiting-for-leader`: another tab holds the account and has not answered yet; `slow`: five seconds without an
 * answer; `migrating`: the store of an earlier version is brought up to date. After `ready` the app stays on screen and says in a line what it waits for.
 */
export type BootPhase =
  | 'starting'
  | 'waiting-for-leader'
  | 'migrating'
  | 'ready'
  | { readonly kind: 'slow' }
  | { readonly kind: 'unsupported'; readonly missing: readonly MissingCapability[] }
  | { readonly kind: 'failed'; readonly error: MePassaError }

/** The start as the screens follow it; a Svelte store by its shape. */
export interface BootState {
  /** Calls back at once and at each change; the function it returns ends it. */
  subscribe(run: (phase: BootPhase) => void): () => void
}

/** The same with the handle that moves it. */
export interface BootControl extends BootState {
  set(phase: BootPhase): void
}

/** Makes the state that the composition root moves and the screens follow. */
export const createBootState = (first: BootPhase = 'starting'): BootControl => {
  const listeners = new Set<(phase: BootPhase) => void>()
  let current = first
  return {
    subscribe: (run) => {
      listeners.add(run)
      run(current)
      return () => listeners.delete(run)
    },
    set: (phase) => {
      current = phase
      for (const listener of listeners) listener(phase)
    },
  }
}
