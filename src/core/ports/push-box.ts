/** What the service worker needs to show a push. It lies outside of the database, which opens only in a page. */
export interface BoxContent {
  /** 32 bytes: notification keys are made of it. null: previews are off. */
  readonly root: Uint8Array | null
  /** P-256 point of the device's VAPID pair, 65 bytes. */
  readonly vapidPublic: Uint8Array
  /** Relays that push to this device, and the token (32 bytes) that their pushes carry. */
  readonly homes: readonly { readonly origin: string; readonly token: Uint8Array }[]
}

/** The place where it is left. */
export interface PushBox {
  /** Puts this in place of what was there; null: nothing is to be left. */
  leave(content: BoxContent | null): Promise<void>
}
