/** Installing and updating as the screens see it. The page's own implementation is `createPwa`. */
export interface Pwa {
  /** A newer version waits for the person's word. */
  readonly updateReady: boolean
  /** The browser offers to install. */
  readonly canInstall: boolean
  /** Runs as an installed app already. */
  readonly installed: boolean
  /** Takes the newer version and loads the page anew. */
  update(): void
  /** Shows the browser's own question; true if the person agreed. */
  install(): Promise<boolean>
}
