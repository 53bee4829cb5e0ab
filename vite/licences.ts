/** The licences of the libraries in what is built: their authors ask that these come with every copy. */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import STANDARD from 'spdx-license-list/full.js'
import * as v from 'valibot'

/** What a build with Vite says of the libraries in it (`build.license`). The service worker is a build of its own. */
export const FOUND = 'licences.json'
export const FOUND_IN_WORKER = 'licences-service-worker.json'

const LibrariesSchema = v.array(
  v.object({
    name: v.string(),
    version: v.string(),
    identifier: v.optional(v.string()),
    text: v.optional(v.string()),
  })
)
type Library = v.InferOutput<typeof LibrariesSchema>[number]

/**
 * Writes `licences.txt` into the folder of a build, in place of what its builds have found. A library that comes without the text of its licence gets the
 * standard one of the licence that it names. Throws when one names none, or none that is known.
 */
export const writeLicences = async (folder: string, found: readonly string[]): Promise<void> => {
  const paths = found.map((name) => join(folder, name))
  const libraries = new Map<string, Library>()
  for (const path of paths)
    for (const library of v.parse(LibrariesSchema, JSON.parse(await readFile(path, 'utf8'))))
      libraries.set(`${library.name} - ${library.version}`, library)
  const parts = [...libraries]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([title, { identifier = '', text }]) => {
      const texts = text ? [text] : chosen(identifier).map(standardText)
      return [`## ${title} (${identifier})`, ...texts].join('\n\n')
    })
  await writeFile(join(folder, 'licences.txt'), `${parts.join('\n\n')}\n`)
  for (const path of paths) await rm(path)
}

/** The licences to be told: all of “A AND B”, of “A OR B” one, the shortest there is where it is offered. */
const chosen = (identifier: string): readonly string[] => {
  const ids = identifier.replaceAll(/[()]/g, '').split(/ (?:OR|AND) /)
  if (identifier.includes(' AND ')) return ids
  return [ids.find((id) => id === 'MIT') ?? ids[0] ?? '']
}

const standardText = (id: string): string => {
  const licence = STANDARD[id]
  if (!licence) throw new Error(`A library names no licence that is known: “${id}”.`)
  return licence.licenseText
}
