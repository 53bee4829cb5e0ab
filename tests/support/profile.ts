/** Folders that outlive the process that wrote them: a person's browser profile, a relay's data. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Folder extends AsyncDisposable {
  readonly path: string
}

/** A new empty folder, gone when the test is over: `await using folder = await newFolder('ana')`. */
export async function newFolder(name: string): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), `mepassa-${name}-`))
  return {
    path,
    // A browser that was killed may still be writing its last files.
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }),
  }
}
