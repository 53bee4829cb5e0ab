/** The shipped Dockerfile as data: as much of the format as it uses. */
import { readFileSync } from 'node:fs'

export interface Instruction {
  readonly name: string
  /** Everything after the name, continued lines joined. */
  readonly rest: string
}

export interface Stage {
  readonly name: string
  readonly instructions: readonly Instruction[]
}

/** Stages in their order; the last one is the image. A stage without a name is called `image`. */
export function readDockerfile(path: string): readonly Stage[] {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
  const stages: { name: string; instructions: Instruction[] }[] = []
  for (const line of lines) {
    const [, name = '', rest = ''] = /^\s*([A-Z]+)\s+(.*)$/.exec(line) ?? []
    if (name === '') throw new Error(`not an instruction: ${line}`)
    if (name === 'FROM') {
      const [, called = 'image'] = / AS (\S+)$/.exec(rest) ?? []
      stages.push({ name: called, instructions: [] })
    } else stages.at(-1)?.instructions.push({ name, rest })
  }
  return stages
}

/** The arguments of the last instruction with this name, in its JSON form; empty if there is none. */
export function argumentsOf({ instructions }: Stage, name: string): readonly string[] {
  const found = instructions.findLast((one) => one.name === name)?.rest ?? '[]'
  return JSON.parse(found.slice(found.indexOf('['))) as string[]
}
