/** What relay processes over one database tell each other. Alone, a relay has nobody to tell. */
export interface Fleet {
  /**
   * Tells the others that there is new mail for these devices; answers which of them are connected somewhere else. When the others cannot
   * be told, it answers none: they look by themselves now and then.
   */
  wake(names: readonly string[]): Promise<ReadonlySet<string>>
  /** A device has opened its stream here: elsewhere its older one ends. */
  opened(name: string): void
  closed(name: string): void
  /** Whether the others can be reached now. */
  healthy(): boolean
  close(): Promise<void>
}

/** What a fleet does to the devices connected here. */
export interface FleetEvents {
  readonly wake: (name: string) => void
  /** Something may have been missed. */
  readonly wakeAll: () => void
  /** The device is connected elsewhere now. */
  readonly replaced: (name: string) => void
}

/** The fleet of a relay that is alone. */
export const soleFleet: Fleet = {
  wake: async () => new Set<string>(),
  opened: () => {},
  closed: () => {},
  healthy: () => true,
  close: async () => {},
}
