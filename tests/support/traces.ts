/** Looking for something secret in what somebody holds, in every form it is likely to take. */

/** The forms: as it is, in hexadecimal, in base64 at each alignment, in UTF-16. */
const formsOf = (bytes: Buffer): readonly string[] => {
  const base64 = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    // The characters at both ends also depend on what stands around.
    return text.slice(shift === 0 ? 0 : shift + 1, -1)
  })
  return [
    bytes.toString('latin1'),
    bytes.toString('hex'),
    ...base64,
    ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
  ]
}

/** Whether `where` holds the text in any of these forms. */
export const holdsText = (where: Buffer, text: string): boolean =>
  [Buffer.from(text, 'utf8'), Buffer.from(text, 'utf16le')].some((bytes) => holdsBytes(where, bytes))

/** Whether `where` holds the bytes in any of these forms. */
export const holdsBytes = (where: Buffer, bytes: Buffer): boolean => {
  const haystack = where.toString('latin1')
  return formsOf(bytes).some((form) => haystack.includes(form))
}

/** Whether `where` holds an account's id: as its UUID, or as its bytes. */
export const holdsAccount = (where: Buffer, account: string): boolean =>
  holdsText(where, account) || holdsBytes(where, Buffer.from(account.replaceAll('-', ''), 'hex'))
