/** All messages of a conversation as a person sees them: by scrolling, since the list holds only what is near the screen. */
import type { Page } from 'playwright'
import { until } from './until.ts'

export interface ShownMessage {
  readonly id: string
  readonly text: string
  readonly own: boolean
  /** `pending`, `sent`, `delivered`, `read`, `failed` or `received` */
  readonly state: string
  /** `text`, or `gap` where something could not be read */
  readonly kind: string
}

/**
 * Reads the open conversation from its first message to its last. A message that stands twice is there twice; a list that
 * changes its order while it is read is read again.
 */
export const readMessages = (page: Page): Promise<readonly ShownMessage[]> =>
  until(
    'the list stands still while it is read',
    async () => {
      const screens = await page.getByTestId('message-list').evaluate(scrollThrough)
      return screens && joined(screens)
    },
    { every: 10 }
  )

/** In the page: every screen of the list, from its first to its last. Null when its beginning is still being loaded. */
async function scrollThrough(list: HTMLElement): Promise<ShownMessage[][] | null> {
  const drawn = async (): Promise<void> => {
    for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame)
  }
  const shown = (): ShownMessage[] =>
    [...list.querySelectorAll<HTMLElement>('[data-testid="message"]')]
      .map((row) => ({ row, top: row.getBoundingClientRect().top }))
      .sort((a, b) => a.top - b.top)
      .map(({ row }) => ({
        id: row.dataset['id'] ?? '',
        text: row.querySelector('[data-testid="message-text"]')?.textContent ?? '',
        own: row.dataset['own'] === 'true',
        state: row.dataset['state'] ?? '',
        kind: row.dataset['kind'] ?? '',
      }))
  list.scrollTop = 0
  await drawn()
  if (list.scrollTop > 1 || list.querySelector('[data-testid="conversation-start"]') === null) return null
  const screens = [shown()]
  while (list.scrollHeight - list.clientHeight - list.scrollTop > 2) {
    // Less than a screen: what is drawn ahead of the way is not drawn behind it, and the screens have to overlap.
    list.scrollTop += list.clientHeight * 0.8
    await drawn()
    screens.push(shown())
  }
  return screens
}

/** Lays overlapping screens over each other. Null when they do not overlap or contradict each other. */
const joined = (screens: readonly (readonly ShownMessage[])[]): readonly ShownMessage[] | null => {
  const all: ShownMessage[] = []
  for (const rows of screens) {
    const start = rows[0]
    if (start === undefined) continue
    const from = all.length === 0 ? 0 : all.findIndex((row) => row.id === start.id)
    if (from < 0) return null
    if (rows.slice(0, all.length - from).some((row, index) => row.id !== all[from + index]?.id)) return null
    all.splice(from, all.length - from, ...rows)
  }
  return all
}
