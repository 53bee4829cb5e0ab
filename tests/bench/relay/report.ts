/** One JSON line a figure. */
export interface Line {
  readonly figure: string
  readonly unit: string
  readonly value: number
  /** What it is held against, in the same run. */
  readonly limit?: number
  readonly ok?: boolean
  readonly [more: string]: string | number | boolean | undefined
}

const round = (value: number): number =>
  Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3))

/** Prints a figure; a line that is not ok fails the run. */
export const report = (line: Line): void => {
  const rounded = Object.fromEntries(
    Object.entries(line).map(([key, value]) => [key, typeof value === 'number' ? round(value) : value])
  )
  process.stdout.write(`${JSON.stringify({ bench: 'relay', ...rounded })}\n`)
  if (line.ok === false) process.exitCode = 1
}

/** The middle of some numbers. */
export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** A quantile of some numbers, from 0 to 1. */
export const quantile = (values: readonly number[], part: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}
