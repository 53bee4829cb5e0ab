const DAY = 86_400_000
/** Seconds. */
const UNITS = [
  [604_800, 'week'],
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
] as const

/** Dates, times, numbers and sizes as one language writes them. Times are ms since 1970. */
export interface Formats {
  /** 14:05 */
  time(at: number): string
  /** Today: the time; this week: the weekday; else the date. */
  short(at: number, now: number): string
  /** Today, yesterday, a weekday, or the date: for separators. */
  day(at: number, now: number): string
  /** Date and time in full. */
  full(at: number): string
  date(at: number): string
  number(value: number): string
  /** Bytes as kB, MB, GB. */
  bytes(value: number): string
  milliseconds(value: number): string
  /** Seconds in the largest unit that holds them whole: 1 hour, 4 weeks, 90 minutes. */
  duration(seconds: number): string
  list(items: readonly string[]): string
}

/** Midnight of the day `at` is in, in this machine's time zone. */
export const startOfDay = (at: number): number => new Date(at).setHours(0, 0, 0, 0)

/** Whole days between two moments' midnights; rounding takes out the hour that summer time adds. */
export const daysBetween = (from: number, to: number): number =>
  Math.round((startOfDay(to) - startOfDay(from)) / DAY)

/** Makes the formats of a language; the Intl objects are made once, which matters in long lists. */
export const createFormats = (locale: string): Formats => {
  const time = new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' })
  const weekday = new Intl.DateTimeFormat(locale, { weekday: 'long' })
  const shortWeekday = new Intl.DateTimeFormat(locale, { weekday: 'short' })
  const dayMonth = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long' })
  const shortDate = new Intl.DateTimeFormat(locale, { day: '2-digit', month: '2-digit', year: '2-digit' })
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'long' })
  const full = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'short' })
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  const number = new Intl.NumberFormat(locale)
  const list = new Intl.ListFormat(locale, { type: 'conjunction' })
  const lasting = (unit: string) =>
    new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' })
  const durations = {
    week: lasting('week'),
    day: lasting('day'),
    hour: lasting('hour'),
    minute: lasting('minute'),
    second: lasting('second'),
  }
  const capitalised = (text: string): string => text.charAt(0).toLocaleUpperCase(locale) + text.slice(1)

  return {
    time: (at) => time.format(at),
    short: (at, now) => {
      const days = daysBetween(at, now)
      if (days <= 0) return time.format(at)
      if (days === 1) return capitalised(relative.format(-1, 'day'))
      return days < 7 ? shortWeekday.format(at) : shortDate.format(at)
    },
    day: (at, now) => {
      const days = daysBetween(at, now)
      if (days === 0 || days === 1) return capitalised(relative.format(-days, 'day'))
      if (days > 1 && days < 7) return capitalised(weekday.format(at))
      return new Date(at).getFullYear() === new Date(now).getFullYear()
        ? dayMonth.format(at)
        : date.format(at)
    },
    full: (at) => full.format(at),
    date: (at) => date.format(at),
    number: (value) => number.format(value),
    bytes: (value) => {
      const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const
      const step = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3))
      const unit = units[step] ?? 'byte'
      const digits = step > 2 ? 1 : 0
      return new Intl.NumberFormat(locale, { style: 'unit', unit, maximumFractionDigits: digits }).format(
        value / 1000 ** step
      )
    },
    milliseconds: (value) =>
      new Intl.NumberFormat(locale, { style: 'unit', unit: 'millisecond', maximumFractionDigits: 0 }).format(
        value
      ),
    duration: (seconds) => {
      const [size, unit] = UNITS.find(([each]) => seconds % each === 0) ?? [1, 'second']
      return durations[unit].format(seconds / size)
    },
    list: (items) => list.format(items),
  }
}
