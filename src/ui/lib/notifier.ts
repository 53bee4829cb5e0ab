/** The browser's part of notifications, as the screens see it. The page's own implementation is `createNotifier` of the host. */
export interface NotifierState {
  /** `install-first`: on iPhones only an installed app has them. */
  readonly support: 'yes' | 'no' | 'install-first'
  readonly permission: NotificationPermission
  /** The browser's push service did not answer; it is tried again. */
  readonly trouble: boolean
}

/** What notifications say when they may say no more, in the person's language. */
export interface NotificationWords {
  readonly messages: string
  readonly call: string
}

export interface Notifier {
  /** Calls back at once and after each change; the function it returns ends it. */
  watch(listener: (state: NotifierState) => void): () => void
  /** Has the browser ask the person; from a click alone. */
  ask(): Promise<NotificationPermission>
  setWords(words: NotificationWords): void
  /** How many messages are unread, and in which conversations: notifications of others are taken away. */
  setUnread(count: number, conversations: readonly string[]): void
}
