/** A file of the archive. */
export interface TarEntry {
  /** At most 100 characters of ASCII. */
  readonly name: string
  readonly content: File
}

/** Everything in a tar lies in blocks of so many bytes. */
const BLOCK = 512

/** Places in a header. https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06 */
const MODE = 100
const SIZE = 124
const MODIFIED = 136
const SUM = 148
const KIND = 156
const MAGIC = 257

const headerOf = ({ name, content }: TarEntry): Uint8Array<ArrayBuffer> => {
  const header = new Uint8Array(BLOCK)
  const put = (at: number, text: string): void => void new TextEncoder().encodeInto(text, header.subarray(at))
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`
  put(0, name)
  put(MODE, octal(0o600, 7))
  put(SIZE, octal(content.size, 11))
  put(MODIFIED, octal(Math.floor(content.lastModified / 1_000), 11))
  put(KIND, '0')
  put(MAGIC, 'ustar\u000000')
  // While it is summed up, its own place holds spaces.
  put(SUM, ' '.repeat(8))
  put(
    SUM,
    octal(
      header.reduce((sum, byte) => sum + byte, 0),
      6
    )
  )
  return header
}

/** One file out of several. It only says where they lie: nothing of them is read before somebody reads it. */
export const tarOf = (entries: readonly TarEntry[]): Blob =>
  new Blob([
    ...entries.flatMap((entry) => [
      headerOf(entry),
      entry.content,
      new Uint8Array((BLOCK - (entry.content.size % BLOCK)) % BLOCK),
    ]),
    new Uint8Array(2 * BLOCK),
  ])
