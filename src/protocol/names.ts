import { utf8 } from '../lib/bytes.ts'
import { LIMITS } from './limits.ts'

/**
 * A name as it may be shown: 1 to 64 characters, one line, no control characters and none that reorder the text around it
 * (bidirectional overrides), since a stranger chooses it.
 */
export const isPrintableName = (name: string): boolean =>
  name.trim() !== '' &&
  [...name].length <= LIMITS.nameCharacters &&
  utf8(name).length <= LIMITS.nameBytes &&
  !/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(name)
