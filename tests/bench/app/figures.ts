/** The middle value. */
export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const high = sorted[middle]
  if (high === undefined) throw new Error('no values')
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? high) + high) / 2
}

const round = (value: number): number => Number(value.toFixed(2))

/** One figure as one JSON line; marks the run as failed when a limit is missed. */
export const report = (
  figure: string,
  line: Readonly<Record<string, number | string>>,
  isGood = true
): void => {
  const rounded = Object.fromEntries(
    Object.entries(line).map(([name, value]) => [name, typeof value === 'number' ? round(value) : value])
  )
  process.stdout.write(`${JSON.stringify({ bench: 'app', figure, ...rounded, ok: isGood })}\n`)
  if (!isGood) process.exitCode = 1
}
