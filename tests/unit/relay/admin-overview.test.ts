/** What the admin page says in words of its own. */
import { expect, test } from 'vitest'
import { duration } from '../../../relay-server/admin/overview.ts'

test('how long the relay has been running, in the words of each language, one or many', () => {
  const times = [0.5, 1, 59, 60, 125, 1_440, 1_441, 4_500]
  expect(times.map((minutes) => duration('en', minutes))).toEqual([
    '0 minutes',
    '1 minute',
    '59 minutes',
    '1 hour, 0 minutes',
    '2 hours, 5 minutes',
    '1 day',
    '1 day',
    '3 days, 3 hours',
  ])
  expect(times.slice(1, 5).map((minutes) => duration('pt-BR', minutes))).toEqual([
    '1 minuto',
    '59 minutos',
    '1 hora e 0 minuto',
    '2 horas e 5 minutos',
  ])
})
