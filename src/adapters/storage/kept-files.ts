import type { KeptFiles } from '../../core/domain/keeper.ts'
import { sizesIn } from './pool-files.ts'

/** Of these folders those that are there, the last written one first. */
export const keptFilesIn = async (folders: readonly string[]): Promise<readonly KeptFiles[]> => {
  const found: KeptFiles[] = []
  for (const folder of folders) {
    const files = await sizesIn(folder)
    if (files.length === 0) continue
    const size = files.reduce((sum, one) => sum + one.size, 0)
    found.push({ folder, size, at: Math.max(...files.map(({ at }) => at)) })
  }
  return found.sort((a, b) => b.at - a.at)
}

/** Folder of the next database, with a number that none of those before has: any of these may have been deleted meanwhile. */
export const nextFolder = (name: string, before: readonly string[]): string => {
  const numbers = before.map((folder) => (folder === name ? 1 : Number(folder.slice(name.length + 1))))
  return `${name}-${Math.max(...numbers) + 1}`
}
