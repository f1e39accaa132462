import fc from 'fast-check'
import { double, fixed32, fixed64, int, len, tag } from './wire.ts'

/*
 * Arbitrary ExportLogsServiceRequests on the wire: fields in any order and number, singular ones
 * twice, unknown ones anywhere, lengths in more bytes than needed. All valid, for protobuf and for
 * us; what is stricter here than protobuf is never made: ids have 0, 8 or 16 bytes, values nest
 * less than 64 deep, a record's own tags are minimal.
 */

type Wire = fc.Arbitrary<Buffer>

const padding = fc.constantFrom(0, 0, 0, 0, 1, 3)
const text = fc.oneof(
  { weight: 8, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ minLength: 120, maxLength: 140 }) },
)
const number64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })

function text_(field: number): Wire {
  return fc.tuple(text, padding).map(([value, pad]) => len(field, value, pad))
}

function bytes_(field: number, sizes: readonly number[]): Wire {
  const value = fc
    .constantFrom(...sizes)
    .chain(size => fc.uint8Array({ minLength: size, maxLength: size }))
  return fc.tuple(value, padding).map(([bytes, pad]) => len(field, Buffer.from(bytes), pad))
}

function varint_(field: number): Wire {
  return fc.tuple(number64, padding).map(([value, pad]) => int(field, value, pad))
}

function count_(field: number): Wire {
  return fc.tuple(fc.nat(300), padding).map(([value, pad]) => int(field, value, pad))
}

function message_(field: number, fields: Wire): Wire {
  return fc.tuple(fields, padding).map(([payload, pad]) => len(field, payload, pad))
}

/** A field that no version of OTLP knows: of every wire type, groups too. */
const unknown: Wire = fc.integer({ min: 100, max: 5000 }).chain(field =>
  fc.oneof(
    number64.map(value => int(field, value)),
    number64.map(value => fixed64(field, value)),
    text.map(value => len(field, value)),
    fc.nat().map(value => fixed32(field, value)),
    text.map(value => Buffer.concat([tag(field, 3), len(7, value), int(1, 1), tag(field, 4)])),
  ),
)

/** Fields in any order, each any number of times; `weights` says how often each comes. */
function message(maxLength: number, ...weights: [number, Wire][]): Wire {
  const field = fc.oneof(
    ...weights.map(([weight, arbitrary]) => ({ weight: weight * 10, arbitrary })),
    { weight: 3, arbitrary: unknown },
  )
  return fc.array(field, { maxLength }).map(fields => Buffer.concat(fields))
}

const { anyValue, keyValue } = fc.letrec<{
  anyValue: Buffer
  list: Buffer
  keyValue: Buffer
  leaf: Buffer
}>(tie => ({
  leaf: fc.oneof(
    fc.constant(Buffer.alloc(0)),
    text_(1),
    fc.tuple(fc.boolean(), padding).map(([value, pad]) => int(2, value ? 1 : 0, pad)),
    varint_(2),
    varint_(3),
    count_(3),
    fc.double().map(value => double(4, value)),
    bytes_(7, [0, 1, 20]),
    count_(8),
  ),
  list: fc.oneof(
    message_(5, message(4, [1, message_(1, tie('anyValue'))])),
    message_(6, message(4, [1, message_(1, tie('keyValue'))])),
  ),
  anyValue: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    { weight: 30, arbitrary: tie('leaf') },
    { weight: 10, arbitrary: tie('list') },
    // Several members of the oneof, of which the last one counts.
    {
      weight: 1,
      arbitrary: fc
        .array(fc.oneof(tie('leaf'), tie('list'), unknown), { maxLength: 4 })
        .map(fields => Buffer.concat(fields)),
    },
  ),
  keyValue: fc.oneof(
    {
      weight: 10,
      arbitrary: fc
        .tuple(text_(1), message_(2, tie('anyValue')))
        .map(fields => Buffer.concat(fields)),
    },
    {
      weight: 1,
      arbitrary: message(4, [2, text_(1)], [1, message_(2, tie('anyValue'))], [1, count_(3)]),
    },
  ),
}))

const attribute = (field: number): Wire => message_(field, keyValue)

export const logRecord = message(
  14,
  [2, number64.map(value => fixed64(1, value))],
  [
    2,
    fc.oneof(
      fc.nat(24).map(value => int(2, value)),
      varint_(2),
    ),
  ],
  [1, text_(3)],
  [0.5, message_(5, anyValue)],
  [4, attribute(6)],
  [1, count_(7)],
  [1, fc.nat().map(value => fixed32(8, value))],
  [1, bytes_(9, [0, 16, 16])],
  [1, bytes_(10, [0, 8, 8])],
  [2, number64.map(value => fixed64(11, value))],
  [1, text_(12)],
)

const entityRef = message(5, [1, text_(1)], [1, text_(2)], [1, text_(3)], [1, text_(4)])
export const resource = message(5, [4, attribute(1)], [1, count_(2)], [1, message_(3, entityRef)])
const scope = message(5, [2, text_(1)], [1, text_(2)], [2, attribute(3)], [1, count_(4)])
const scopeLogs = message(6, [1, message_(1, scope)], [6, message_(2, logRecord)], [1, text_(3)])
const resourceLogs = message(
  5,
  [1, message_(1, resource)],
  [4, message_(2, scopeLogs)],
  [1, text_(3)],
)

/** Bytes of a valid ExportLogsServiceRequest. */
export const logsRequest: Wire = message(4, [6, message_(1, resourceLogs)])
/** Bytes of a valid AnyValue. */
export const anyValueMessage: Wire = anyValue
