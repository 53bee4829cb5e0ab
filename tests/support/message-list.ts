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

interface Glimpse {
  readonly rows: readonly ShownMessage[]
  /** The list shows its beginning: nothing older is to come. */
  readonly first: boolean
  readonly last: boolean
}

/** What is in the list now, from top to bottom, around where it is scrolled to. */
const glimpse = (page: Page): Promise<Glimpse> =>
  page.getByTestId('message-list').evaluate((list) => {
    const found = [...list.querySelectorAll<HTMLElement>('[data-testid="message"]')]
    const placed = found.map((row) => ({ row, top: row.getBoundingClientRect().top }))
    return {
      rows: placed
        .sort((a, b) => a.top - b.top)
        .map(({ row }) => ({
          id: row.dataset['id'] ?? '',
          text: row.querySelector('[data-testid="message-text"]')?.textContent ?? '',
          own: row.dataset['own'] === 'true',
          state: row.dataset['state'] ?? '',
          kind: row.dataset['kind'] ?? '',
        })),
      first: list.scrollTop <= 1 && list.querySelector('[data-testid="conversation-start"]') !== null,
      last: list.scrollHeight - list.clientHeight - list.scrollTop < 2,
    }
  })

/** Scrolls by `pages` screens and waits until what is there has been drawn. */
const scroll = (page: Page, pages: number): Promise<void> =>
  page.getByTestId('message-list').evaluate(async (list, by) => {
    list.scrollTop += by * list.clientHeight
    for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame)
  }, pages)

/**
 * Reads the open conversation from its first message to its last. A message that stands twice is there twice; a list that
 * changes its order while it is read is read again.
 */
export const readMessages = async (page: Page): Promise<readonly ShownMessage[]> => {
  await until(
    'the list scrolls to its first message',
    async () => {
      await scroll(page, -3)
      return (await glimpse(page)).first
    },
    { every: 20 }
  )
  const all: ShownMessage[] = []
  for (;;) {
    const { rows, last } = await glimpse(page)
    if (!join(all, rows)) return readMessages(page)
    if (last) return all
    await scroll(page, 0.6)
  }
}

/** Appends what is new in `rows`. False when they do not overlap with what is known or contradict it. */
const join = (all: ShownMessage[], rows: readonly ShownMessage[]): boolean => {
  const start = rows[0]
  if (all.length === 0 || start === undefined) return all.push(...rows) >= 0
  const from = all.findIndex((row) => row.id === start.id)
  if (from < 0) return false
  const overlap = all.length - from
  if (rows.slice(0, overlap).some((row, index) => row.id !== all[from + index]?.id)) return false
  all.splice(from, overlap, ...rows)
  return true
}
