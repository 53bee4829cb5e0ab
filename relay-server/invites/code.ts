import { randomBytes } from 'node:crypto'
import { utf8 } from '../../src/lib/bytes.ts'
import { sha256 } from '../../src/protocol/sha256.ts'

/** Crockford's letters: none that is taken for another when read aloud. */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const LENGTH = 16

/** A new code of 80 bits, in groups of four. */
export const newInviteCode = (): string =>
  Array.from(randomBytes(LENGTH), (byte, index) => {
    const letter = LETTERS[byte % LETTERS.length] ?? ''
    return index > 0 && index % 4 === 0 ? `-${letter}` : letter
  }).join('')

/** What is kept of a code, however it was typed: SHA-256 of its letters. */
export const inviteCodeHash = (code: string): Uint8Array =>
  sha256(utf8(code.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1')))
