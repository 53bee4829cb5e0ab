/** Compiles the message catalogue, which the type check and the tests need before any build. */
import { compile } from '@inlang/paraglide-js'
import { MESSAGES } from '../vite/messages.ts'

await compile(MESSAGES)
// The compiler leaves timers behind that would hold the process for half a minute.
process.exit(0)
