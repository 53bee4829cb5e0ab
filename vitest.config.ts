import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'
import type { BrowserInstanceOption, BrowserProviderOption } from 'vitest/node'
import { chromium, firefox } from './tests/support/profile-provider.ts'

const MINUTE = 60_000
// Node says of ML-KEM in WebCrypto that it is experimental, in every process: that is known, and would hide what isn't.
const execArgv = ['--disable-warning=ExperimentalWarning']

interface Browsers {
  readonly include: string[]
  readonly provider: BrowserProviderOption
  readonly instances: BrowserInstanceOption[]
}

/** Tests that run in pages. */
function inBrowser(name: string, { include, provider, instances }: Browsers): TestProjectInlineConfiguration {
  return {
    plugins: [svelte({ configFile: false })],
    optimizeDeps: { exclude: ['@evolu/sqlite-wasm'] },
    worker: { format: 'es' },
    test: {
      name,
      include,
      testTimeout: 5 * MINUTE,
      hookTimeout: 3 * MINUTE,
      browser: { enabled: true, headless: true, screenshotFailures: false, provider, instances },
    },
  }
}

/**
 * One project a kind of test, so that each can be run alone: `vitest run --project unit`.
 * Nothing is retried: a test that fails now and then is a defect, in the product or in the test.
 */
export default defineConfig({
  test: {
    retry: 0,
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          execArgv,
          include: ['tests/{unit,vectors,contract}/**/*.test.ts', 'tests/architecture.test.ts'],
          testTimeout: 3 * MINUTE,
          hookTimeout: 3 * MINUTE,
        },
      },
      {
        test: {
          name: 'interop',
          execArgv,
          include: ['tests/interop/**/*.test.ts'],
          testTimeout: 3 * MINUTE,
          hookTimeout: 3 * MINUTE,
        },
      },
      inBrowser('browser', {
        include: ['tests/browser/**/*.test.ts'],
        provider: chromium(),
        instances: [{ browser: 'chromium' }],
      }),
      // The store over again on the other engine: what the simulated disk shows is the same there.
      inBrowser('firefox', {
        include: ['tests/browser/storage/{suites,secrecy,keeper,recovery,durability,downloads}.test.ts'],
        provider: firefox(),
        instances: [{ browser: 'firefox' }],
      }),
      {
        // Whole systems in one process: they share the machine's clock and ports, so one file after the other.
        test: {
          name: 'stories',
          execArgv,
          include: ['tests/stories/**/*.test.ts'],
          testTimeout: 4 * MINUTE,
          hookTimeout: 3 * MINUTE,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'deploy',
          env: { RELAY_PROGRAM: 'dist-relay/main.js' },
          include: ['tests/deploy/**/*.test.ts'],
          testTimeout: 3 * MINUTE,
          hookTimeout: 3 * MINUTE,
        },
      },
      {
        test: {
          name: 'e2e',
          env: { RELAY_PROGRAM: 'dist-relay/main.js' },
          include: ['tests/e2e/**/*.test.ts'],
          testTimeout: 8 * MINUTE,
          hookTimeout: 3 * MINUTE,
        },
      },
    ],
  },
})
