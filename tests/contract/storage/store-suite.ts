/** What every store must do. Each case gets an empty store of its own. */
import type { Case } from './check.ts'
import { clearCases } from './clear-cases.ts'
import { jobCases } from './job-cases.ts'
import { messageCases } from './message-cases.ts'
import { peopleCases } from './people-cases.ts'
import { searchCases } from './search-cases.ts'
import { signalCases } from './signal-cases.ts'
import { transactionCases } from './transaction-cases.ts'
import type { Store } from '../../../src/core/ports/storage.ts'

export const storeCases: readonly Case<Store>[] = [
  ...transactionCases,
  ...peopleCases,
  ...messageCases,
  ...clearCases,
  ...searchCases,
  ...jobCases,
  ...signalCases,
]
