/** The stage of a test of what is deployed: all that is on it goes when the test is over, the last first. */
import { afterEach } from 'vitest'
import { newFolder } from '../support/profile.ts'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** Says how something ends that the test has started. */
export const atEnd = (end: () => Promise<unknown>): void => void ends.push(end)

/** Makes an empty folder; answers its path. */
export const folder = async (name: string): Promise<string> => {
  const made = await newFolder(name)
  atEnd(async () => made[Symbol.asyncDispose]())
  return made.path
}
