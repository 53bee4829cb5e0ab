/** Running other programs from scripts. */
import { spawn } from 'node:child_process'

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Milliseconds; the program is killed when it takes longer. */
  readonly timeout?: number
  /** Say nothing of what it prints. */
  readonly quiet?: boolean
}

/** Runs a program to its end. Answers its exit code; 127 when it could not be started, 128 when a signal ended it. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: options.quiet === true ? 'ignore' : 'inherit',
      env: { ...process.env, ...options.env },
      ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
    })
    child.on('error', () => resolve(127))
    child.on('exit', (code) => resolve(code ?? 128))
  })
}

/** The same, and answers what it wrote to its standard error besides, which is still shown. */
export function runHearing(
  program: string,
  args: readonly string[]
): Promise<{ readonly code: number; readonly errors: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['inherit', 'inherit', 'pipe'] })
    let errors = ''
    child.stderr.on('data', (chunk: Buffer) => {
      process.stderr.write(chunk)
      errors += chunk.toString()
    })
    child.on('error', () => resolve({ code: 127, errors }))
    child.on('close', (code) => resolve({ code: code ?? 128, errors }))
  })
}

/** Prints a sentence and ends the process as failed. */
export function stop(sentence: string): never {
  console.error(sentence)
  process.exit(1)
}
