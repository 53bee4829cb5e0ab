/** Bytes of a protobuf message that nearly is a good one. */
import { fromBinary, ScalarType, toBinary, type DescMessage } from '@bufbuild/protobuf'
import { reflect, type ReflectMessage } from '@bufbuild/protobuf/reflect'
import fc from 'fast-check'

/** A value of a field's own type, chosen by `seed`, that its reader may not expect. */
const oddScalar = (type: ScalarType, junk: Uint8Array, seed: number): unknown => {
  switch (type) {
    case ScalarType.BYTES:
      return junk
    case ScalarType.UINT64:
      return [0n, 1n, 2n ** 53n, 2n ** 64n - 1n][seed % 4]
    case ScalarType.UINT32:
      return [0, 1, 129, 2 ** 32 - 1][seed % 4]
    default:
      throw new Error(`fields of type ${ScalarType[type]} are not known here`)
  }
}

/** Changes one field of a message, or of one within it. */
const spoil = (message: ReflectMessage, junk: Uint8Array, seed: number): void => {
  const field = message.fields[seed % message.fields.length]
  const next = Math.floor(seed / 7)
  if (!field) return
  if (field.fieldKind === 'list') {
    const list = message.get(field)
    const first = list.get(0)
    if (first === undefined) return
    if (next % 3 === 0) list.clear()
    else if (next % 3 === 1) list.add(first)
    else if (field.listKind === 'message') spoil(first as ReflectMessage, junk, next)
  } else if (field.fieldKind === 'message') {
    if (next % 3 === 0) message.clear(field)
    else spoil(message.get(field), junk, next)
  } else if (field.fieldKind === 'enum') message.set(field, [0, 99][next % 2])
  else if (field.fieldKind === 'scalar') message.set(field, oddScalar(field.scalar, junk, next))
  else throw new Error('maps are not known here')
}

/** A good message with one field that is not, or with a few of its bytes changed, cut off or added. */
export const nearlyMessage = (schema: DescMessage, good: Uint8Array): fc.Arbitrary<Uint8Array> => {
  const junk = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc.constantFrom(16, 24, 32, 64).chain((size) => fc.uint8Array({ minLength: size, maxLength: size }))
  )
  const fields = fc.tuple(junk, fc.nat()).map(([bytes, seed]) => {
    const message = fromBinary(schema, good)
    spoil(reflect(schema, message), bytes, seed)
    return toBinary(schema, message)
  })
  const cut = fc.nat({ max: good.length }).map((length) => good.subarray(0, length))
  const flipped = fc
    .tuple(fc.nat({ max: Math.max(0, good.length - 1) }), fc.integer({ min: 1, max: 255 }))
    .map(([at, mask]) => good.map((byte, index) => (index === at ? byte ^ mask : byte)))
  return fc.oneof(
    { weight: 3, arbitrary: fields },
    { weight: 1, arbitrary: cut },
    { weight: 1, arbitrary: flipped }
  )
}
