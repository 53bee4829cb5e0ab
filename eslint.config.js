import svelte from 'eslint-plugin-svelte'
import { defineConfig } from 'eslint/config'
import globals from 'globals'
import ts from 'typescript-eslint'

/** ESLint's own rules that catch what the compiler does not. */
const CORE = Object.fromEntries(
  [
    'eqeqeq',
    'no-async-promise-executor',
    'no-case-declarations',
    'no-cond-assign',
    'no-console',
    'no-constant-condition',
    'no-control-regex',
    'no-debugger',
    'no-empty',
    'no-empty-pattern',
    'no-eval',
    'no-irregular-whitespace',
    'no-loss-of-precision',
    'no-misleading-character-class',
    'no-prototype-builtins',
    'no-self-assign',
    'no-self-compare',
    'no-sparse-arrays',
    'no-unsafe-finally',
    'no-useless-assignment',
    'no-useless-escape',
    'no-var',
    'prefer-const',
    'preserve-caught-error',
    'require-yield',
    'use-isnan',
  ].map((rule) => [rule, 'error'])
)

export default defineConfig(
  {
    ignores: [
      'node_modules/',
      'dist/',
      'dist-relay/',
      'data/',
      'coverage/',
      'patches/',
      '.svelte-check/',
      'src/ui/i18n/paraglide/',
      'project.inlang/',
      'public/',
    ],
  },
  { rules: CORE },
  ts.configs.recommendedTypeChecked,
  svelte.configs.recommended,
  {
    languageOptions: { parserOptions: { projectService: true, extraFileExtensions: ['.svelte'] } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      // A name says why something is not used: `_request`.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // An implementation of a port answers with a promise even where it has nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      // Factories answer with objects of plain functions, which need no `this`.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser }, globals: globals.browser },
    rules: {
      // Text of people reaches the page as text, never as markup.
      'svelte/no-at-html-tags': 'error',
      // Props are taken apart as a whole, also where only one of them is written to; the plugin's own rule knows that.
      'prefer-const': 'off',
      'svelte/prefer-const': ['error', { destructuring: 'all' }],
      // {' '} keeps a space that the compiler would drop.
      'svelte/no-useless-mustaches': 'off',
      // svelte-check is the judge of its own warnings, and knows some that this rule does not.
      'svelte/no-unused-svelte-ignore': 'off',
    },
  },
  {
    // Types of imported .svelte files are known to svelte-check alone: here each would look like `any`.
    files: ['**/*.svelte', 'src/ui/**/*.ts', 'src/main.ts', 'tests/browser/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['src/**', 'relay-server/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'CallExpression[callee.name="fromBinary"][arguments.length<3]',
          message: 'Fields that are not known are kept then: pass NOTHING_UNKNOWN.',
        },
      ],
    },
  },
  {
    files: ['scripts/**', 'vite/**', 'tests/**', 'examples/**'],
    rules: { 'no-console': 'off' },
  },
  {
    // Not part of any TypeScript project: they run before or beside the tools that read one.
    files: ['eslint.config.js', '**/*.mjs', '**/*.js'],
    extends: [ts.configs.disableTypeChecked],
    languageOptions: { globals: globals.node },
    rules: { 'no-console': 'off' },
  },
  {
    // Generated, and switched off in its own first lines.
    files: ['src/protocol/gen/**'],
    linterOptions: { reportUnusedDisableDirectives: 'off' },
  }
)
