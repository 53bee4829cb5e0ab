/** The list of messages stays where the person reads, whatever is loaded, measured or coming in. */
import { chromium, type Browser, type Locator, type Page } from 'playwright'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { findChromium } from '../../scripts/lib/find-chromium.ts'
import { CHROMIUM_FLAGS } from '../support/chromium.ts'
import { openGallery, type Gallery } from '../support/gallery.ts'
import { readMessages } from '../support/message-list.ts'
import { chatNumber, message, TOM } from '../support/sample-people.ts'
import type { ScriptedClient } from '../support/scripted-client.ts'
import { PATIENCE, until } from '../support/until.ts'

let gallery: Gallery
let browser: Browser
let page: Page

beforeAll(async () => {
  gallery = await openGallery()
  const executablePath = findChromium()
  browser = await chromium.launch({
    ...(executablePath === null ? {} : { executablePath }),
    args: [...CHROMIUM_FLAGS],
  })
})
afterAll(async () => {
  await browser.close()
  await gallery[Symbol.asyncDispose]()
})
beforeEach(async () => {
  await page?.close()
  page = await browser.newPage({ viewport: { width: 390, height: 844 } })
  page.setDefaultTimeout(PATIENCE)
  await page.goto(gallery.urlOfScript('busy', `#/chat/${chatNumber(2)}`))
  await page.getByTestId('unread-line').waitFor()
})

interface Place {
  readonly top: number
  readonly fromEnd: number
  readonly rows: readonly { readonly id: string; readonly y: number }[]
}

/** Where the list stands, and which messages are on screen. */
const place = (): Promise<Place> =>
  page.getByTestId('message-list').evaluate(async (list) => {
    // What was done to it shows in the next frame, and what that leads to in the one after.
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame)
    return {
      top: list.scrollTop,
      fromEnd: list.scrollHeight - list.clientHeight - list.scrollTop,
      rows: [...list.querySelectorAll<HTMLElement>('[data-testid="message"]')]
        .map((row) => ({ row, box: row.getBoundingClientRect() }))
        .filter(({ box }) => box.bottom > 64 && box.top < window.innerHeight - 60)
        .map(({ row, box }) => ({ id: row.dataset['id'] ?? '', y: Math.round(box.top) }))
        .sort((a, b) => a.y - b.y),
    }
  })

/** Waits until nothing moves any more. */
const rest = (): Promise<Place> => {
  let before = ''
  let last: Place | undefined
  return until(
    'the list rests',
    async () => {
      last = await place()
      const now = JSON.stringify(last)
      const still = now === before
      before = now
      return still ? last : undefined
    },
    { every: 120 }
  )
}

const comesIn = (n: number, text: string): Promise<void> =>
  page.evaluate(
    (one) => (window as unknown as { scripted: ScriptedClient }).scripted.put(one),
    message(TOM, n, false, text, Date.now())
  )
const shown = (text: string): Locator => page.getByTestId('message-text').getByText(text)
/** Scrolls up as a hand does: a list that still settles at its end lets go of it for a hand alone. */
const pullUp = (by: number): Promise<void> =>
  page.getByTestId('message-list').evaluate((list, distance) => {
    list.dispatchEvent(new WheelEvent('wheel', { deltaY: -distance }))
    list.scrollTop -= distance
  }, by)
const toEnd = async (): Promise<void> => {
  await page.getByRole('button', { name: /latest/ }).click()
  await until('the end', async () => (await rest()).fromEnd < 2)
}

test('it opens at the first unread message and counts those below', async () => {
  await rest()
  const line = await page.getByTestId('unread-line').boundingBox()
  expect(line?.y).toBeGreaterThan(64)
  expect(line?.y).toBeLessThan(300)
  await until('those below are counted', async () =>
    /[1-9]/.test((await page.getByRole('button', { name: /latest/ }).getAttribute('aria-label')) ?? '')
  )
})

test.each([
  ['busy', '1'.padStart(32, 'a')],
  ['tall', '2'.padStart(32, 'a')],
])(
  'jumping to the top again and again ends at the first message, with nothing blank: %s',
  async (script, first) => {
    await page.goto(gallery.urlOfScript(script, `#/chat/${chatNumber(2)}`))
    const list = page.getByTestId('message-list')
    await page.getByTestId('message').first().waitFor()
    await rest()
    await until(
      'the beginning',
      async () => {
        await list.evaluate((element) => (element.scrollTop = 0))
        await until('something is drawn', async () => (await rest()).rows.length > 0, { timeout: 5_000 })
        return (await list.getByTestId('conversation-start').count()) > 0
      },
      { every: 20 }
    )
    expect((await rest()).rows[0]?.id).toBe(first)
  }
)

test('jumping to the top while rows are measured and loaded leaves nothing blank', async () => {
  await page.setViewportSize({ width: 1280, height: 800 })
  // What the patch of virtua is for: without it most of these end with no row at all.
  for (let opening = 0; opening < 3; opening++) {
    await page.goto('about:blank')
    await page.goto(gallery.urlOfScript('tall', `#/chat/${chatNumber(2)}`))
    await page.getByTestId('message').last().waitFor()
    expect(await readMessages(page)).toHaveLength(130)
  }
})

test('a list that is held at its top while it is being placed stays there, and loads what is older', async () => {
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.goto('about:blank')
  await page.goto(gallery.urlOfScript('tall', `#/chat/${chatNumber(2)}`))
  await page.getByTestId('message').last().waitFor()
  // Longer than it goes on putting itself at its end.
  await page.getByTestId('message-list').evaluate(async (list) => {
    for (let frame = 0; frame < 60; frame++) {
      list.scrollTop = 0
      await new Promise(requestAnimationFrame)
    }
  })
  const list = page.getByTestId('message-list')
  await until('it begins where the conversation does', async () => {
    await list.evaluate((element) => (element.scrollTop = 0))
    return list.getByTestId('conversation-start').isVisible()
  })
})

test('ten thousand messages: at no moment of a long way up is the screen blank, and the end is one step away', async () => {
  await page.goto(gallery.urlOfScript('vast', `#/chat/${chatNumber(2)}`))
  const list = page.getByTestId('message-list')
  await page.getByTestId('message').last().waitFor()
  await rest()
  const blank = await list.evaluate(async (element) => {
    let without = 0
    for (let frame = 0; frame < 150; frame++) {
      element.scrollTop -= 600
      await new Promise(requestAnimationFrame)
      const { top, bottom } = element.getBoundingClientRect()
      const rows = [...element.querySelectorAll('[role="listitem"]')].map((row) =>
        row.getBoundingClientRect()
      )
      if (!rows.some((row) => row.bottom > top && row.top < bottom)) without++
    }
    return without
  })
  expect(blank).toBe(0)
  expect((await rest()).fromEnd).toBeGreaterThan(20_000)
  await toEnd()
  await shown('Message 10000').waitFor()
})

test('a hit deep in the past opens in its place, newer ones load below it, and the end is one step away', async () => {
  const hit = message(TOM, 120, false, '', 0).id
  await page.goto('about:blank')
  await page.goto(gallery.urlOfScript('vast', `#/chat/${chatNumber(2)}/${hit}`))
  await shown('Message 120').waitFor()
  expect((await rest()).rows.map(({ id }) => id)).toContain(hit)
  const list = page.getByTestId('message-list')
  // Only what lies around it is loaded: all ten thousand would be half a million pixels high.
  expect(await list.evaluate((element) => element.scrollHeight)).toBeLessThan(30_000)
  await until('what is newer loads, as far as one scrolls', async () => {
    await list.evaluate((element) => (element.scrollTop += 2_000))
    await rest()
    return (await shown('Message 420').count()) > 0
  })
  await comesIn(10_001, 'Newer than all')
  await toEnd()
  await shown('Newer than all').waitFor()
  await pullUp(3_000)
  await rest()
  await page.getByTestId('composer').fill('From above')
  await page.getByTestId('send').click()
  await page.locator('[data-own="true"]').getByText('From above').waitFor()
  expect((await rest()).fromEnd).toBeLessThan(2)
})

test('older messages that load leave what is being read where it is', async () => {
  await toEnd()
  const list = page.getByTestId('message-list')
  const loaded = (): Promise<number> => list.evaluate((element) => element.scrollHeight)
  // Rows that turn out taller than guessed, once they come near, push it down again.
  await until('it stands a little below where more is loaded', async () => {
    const { top } = await rest()
    if (top > 1_340) await pullUp(top - 1_300)
    return top <= 1_340
  })
  const before = await loaded()
  const there = (await rest()).rows[1]
  expect(there).toBeDefined()
  await pullUp(300)
  await until('more is loaded', async () => (await loaded()) > before + 500)
  const after = (await rest()).rows.find(({ id }) => id === there?.id)
  expect(Math.abs((after?.y ?? 0) - ((there?.y ?? 0) + 300))).toBeLessThanOrEqual(2)
})

test('it follows what comes in while one is at the end, and stays while one reads above', async () => {
  await toEnd()
  await comesIn(9_001, 'First of the new ones\nwith two lines')
  await shown('First of the new ones').waitFor()
  expect((await rest()).fromEnd).toBeLessThan(2)
  await pullUp(900)
  const reading = (await rest()).rows[1]
  await comesIn(9_002, 'Second of the new ones')
  await until('it is counted', async () =>
    /1 unread/.test((await page.getByRole('button', { name: /latest/ }).getAttribute('aria-label')) ?? '')
  )
  expect((await rest()).rows[1]).toEqual(reading)
  await toEnd()
  await shown('Second of the new ones').waitFor()
  expect(await page.getByTestId('unread-line').count()).toBe(1)
})

test('what one sends is seen at once, from wherever one was', async () => {
  await pullUp(900)
  await rest()
  await page.getByTestId('composer').fill('From above')
  await page.getByTestId('send').click()
  await page.locator('[data-own="true"][data-state="pending"]').getByText('From above').waitFor()
  expect((await rest()).fromEnd).toBeLessThan(2)
  expect(await page.getByTestId('composer').inputValue()).toBe('')
})

test('the list follows a newcomer, the person scrolls up meanwhile: it lets go, at whichever frame that is', async () => {
  await toEnd()
  await page.getByTestId('message-list').hover()
  for (let frames = 0; frames < 6; frames++) {
    await comesIn(9_100 + frames, `Newcomer ${frames}`)
    await page.evaluate(async (wait) => {
      for (let frame = 0; frame < wait; frame++) await new Promise(requestAnimationFrame)
    }, frames)
    await page.mouse.wheel(0, -1_500)
    await until('it has let go', async () => (await rest()).fromEnd > 1_000)
    await toEnd()
  }
})
