import { SETTINGS } from '../settings.ts'

const WIDTH = 100

interface Row {
  readonly name: string
  readonly fallback: string
  readonly meaning: string
  readonly reason: string
}

/** All settings as documents show them, in the order of `settings.ts`. */
export const settingRows = (): readonly Row[] =>
  Object.entries(SETTINGS).map(([name, one]) => ({
    name,
    fallback: 'shown' in one ? one.shown : `\`${one.fallback}\``,
    meaning: one.meaning,
    reason: one.reason,
  }))

/** All settings as a file that a shell, systemd or Docker reads: each commented out, with its default, meaning and reason. */
export const printConfig = (): string => {
  const head = [
    '# Settings of the MePassa relay. Each is an environment variable; without it the default below holds.',
    '# To change one, take the # before its name away.',
  ]
  const parts = Object.entries(SETTINGS).map(([name, one]) =>
    [
      ...wrap(`${one.meaning.replaceAll('`', '')}. ${one.reason}`),
      ...('shown' in one ? [`# Default: ${one.shown.replaceAll('`', '')}.`] : []),
      `#${name}=${'shown' in one ? '' : one.fallback}`,
    ].join('\n')
  )
  return `${[head.join('\n'), ...parts].join('\n\n')}\n`
}

/** Comment lines of at most `WIDTH` characters. */
const wrap = (text: string): string[] => {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < WIDTH) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(`# ${word}`)
  }
  return lines
}
