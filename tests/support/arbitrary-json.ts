/** Values for a JSON Schema: such as fit, and such as nearly do. */
import fc from 'fast-check'

type Json = Readonly<Record<string, unknown>>

/** Values that fit, for the keywords that our schemas use. Unbounded parts stay short. */
export const fitting = (schema: Json): fc.Arbitrary<unknown> => {
  if (Array.isArray(schema['anyOf'])) return fc.oneof(...(schema['anyOf'] as Json[]).map(fitting))
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]))
  if ('const' in schema) return fc.constant(schema['const'])
  switch (schema['type']) {
    case 'object': {
      const fields = Object.entries((schema['properties'] ?? {}) as Record<string, Json>)
      const requiredKeys = (schema['required'] ?? []) as string[]
      const record = Object.fromEntries(fields.map(([name, field]) => [name, fitting(field)]))
      return fc.record(record, { requiredKeys })
    }
    case 'array': {
      const minLength = Number(schema['minItems'] ?? 0)
      const maxLength = Math.min(Number(schema['maxItems'] ?? 5), minLength + 5)
      return fc.array(fitting(schema['items'] as Json), { minLength, maxLength })
    }
    case 'string':
      return strings(schema)
    case 'integer':
      return fc.integer({
        min: Number(schema['minimum'] ?? -1000),
        max: Math.min(Number(schema['maximum'] ?? 0x7fff_ffff), 0x7fff_ffff),
      })
    case 'null':
      return fc.constant(null)
    default:
      throw new Error(`the schema has a type that is not known here: ${JSON.stringify(schema)}`)
  }
}

const BASE64URL = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_']

const strings = (schema: Json): fc.Arbitrary<string> => {
  const { pattern, minLength = 0, maxLength = Number(minLength) + 20 } = schema
  if (pattern === '^[\\w-]*$') {
    const length = Number(maxLength)
    // The last digit of these lengths carries spare bits, which must be zero.
    return fc
      .array(fc.constantFrom(...BASE64URL), { minLength: length - 1, maxLength: length - 1 })
      .map((digits) => `${digits.join('')}A`)
  }
  if (typeof pattern === 'string') return fc.stringMatching(new RegExp(pattern))
  return fc.string({ minLength: Number(minLength), maxLength: Math.min(Number(maxLength), 200) })
}

const JUNK: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(
    null,
    true,
    -1,
    1.5,
    1e308,
    Number.MAX_SAFE_INTEGER,
    '',
    [],
    {},
    '\0',
    '\ud800',
    '__proto__'
  ),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.integer(),
  fc.object({ maxDepth: 2 })
)

/** Values that fit but for one place, where there is anything at all, one field more, or one less. */
export const nearly = (schema: Json): fc.Arbitrary<unknown> =>
  fc.tuple(fitting(schema), fc.nat(), JUNK, fc.constantFrom('replace', 'add', 'remove')).map(spoil)

type Spoiling = [unknown, number, unknown, string]

const spoil = ([value, seed, junk, how]: Spoiling): unknown => {
  if (typeof value !== 'object' || value === null) return junk
  const keys = Object.keys(value)
  const key = keys[seed % Math.max(1, keys.length)] ?? 'x'
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<string, unknown>
  const inner = copy[key]
  if (typeof inner === 'object' && inner !== null && seed % 3 > 0)
    copy[key] = spoil([inner, Math.floor(seed / 3), junk, how])
  else if (how === 'remove') Reflect.deleteProperty(copy, key)
  else copy[how === 'add' ? `${key}x` : key] = junk
  return copy
}
