/** A two-way way for structured clones, whatever carries them. */
export interface Channel {
  /** Throws a `DataCloneError` for what cannot be cloned; what goes into a closed channel is lost in silence. */
  send(message: unknown): void
  /** Calls back with each message as it came: unchecked. The function it returns ends it. */
  onMessage(listener: (message: unknown) => void): () => void
  close(): void
}

/** What a `MessagePort`, a worker and a `BroadcastChannel` have in common. */
export interface PortLike {
  postMessage(message: unknown): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  removeEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  start?(): void
  close?(): void
}

/** A channel over a port. The port starts when the first listener is there, so that nothing is missed. */
export const portChannel = (port: PortLike): Channel => ({
  send: (message) => port.postMessage(message),
  onMessage: (listener) => {
    const take = (event: { readonly data: unknown }): void => listener(event.data)
    port.addEventListener('message', take)
    port.start?.()
    return () => port.removeEventListener('message', take)
  },
  close: () => port.close?.(),
})
