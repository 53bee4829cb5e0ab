/** How long a toast stays. Long enough to be read twice. */
const TOAST_FOR = 5_000

/** Short notes: spoken politely to screen readers, some of them also shown for a moment. */
export class Announcer {
  spoken = $state('')
  shown = $state('')
  #timer: ReturnType<typeof setTimeout> | undefined

  /** Speaks, shows nothing. The same text twice is spoken twice: a space that nobody hears makes it differ. */
  say(text: string): void {
    this.spoken = text === this.spoken ? `${text}\u00a0` : text
  }

  /** Shows for a few seconds, and speaks. */
  toast(text: string): void {
    this.say(text)
    this.shown = text
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => (this.shown = ''), TOAST_FOR)
  }
}
